"""Answers requests to the URLs of runs, on the event loop, with the words that Slack uses."""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from io import BytesIO
from typing import Any, NamedTuple

from django.db import DatabaseError, InterfaceError

from integrations.servers.requests import MAX_TEXT
from integrations.slash_commands.answers import InvalidAnswer, read_answer
from integrations.slash_commands.delivery import deliver
from integrations.slash_commands.response_urls import PREFIX, digest_in
from integrations.slash_commands.runs import count_response, find_answerable
from live.db_threads import in_thread, in_writing_thread
from live.fair_threads import Busy, FairTurns
from live.http.request_body import BodyRejected, ClientDisconnected, receive_body
from live.http.responses import Receive, Scope, Send, send_text
from messaging.runtime.engine import get_engine
from rooms.errors import Refusal

logger = logging.getLogger(__name__)

MAX_WAITING = 200  # requests
AT_ONCE = 4
SILENCE_SECONDS, TOTAL_SECONDS = 10.0, 30.0


class Response(NamedTuple):
    status: int
    word: str


OK = Response(HTTPStatus.OK, "ok")
EXPIRED = Response(HTTPStatus.NOT_FOUND, "expired_url")
USED = Response(HTTPStatus.NOT_FOUND, "used_url")
INVALID = Response(HTTPStatus.BAD_REQUEST, "invalid_payload")
UNAVAILABLE = Response(HTTPStatus.SERVICE_UNAVAILABLE, "unavailable")


class CommandResponsesMiddleware:
    """ASGI middleware that serves /command-responses/ and passes everything else on to `app`."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self._turns = FairTurns(AT_ONCE, limit=MAX_WAITING, share=1)
        self._reader = ThreadPoolExecutor(max_workers=1, thread_name_prefix="command-responses")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not scope["path"].startswith(PREFIX):
            await self._app(scope, receive, send)
        elif scope["method"] != "POST":
            await send_text(send, HTTPStatus.METHOD_NOT_ALLOWED, "Send a POST request.\n", (b"allow", b"POST"))
        else:
            try:
                status, word = await self._respond(scope, receive)
            except ClientDisconnected:
                return
            await send_text(send, status, word)

    async def _respond(self, scope: Scope, receive: Receive) -> Response:
        body = BytesIO()
        try:
            await receive_body(receive, body, max_bytes=MAX_TEXT, silence=SILENCE_SECONDS, within=TOTAL_SECONDS)
        except BodyRejected as rejected:
            return Response(rejected.status, rejected.message)
        if (digest := digest_in(scope["path"])) is None:
            return EXPIRED
        try:
            async with self._turns.turn(str((scope.get("client") or ("", 0))[0])):
                return await self._answer(digest, _content_type(scope), body.getvalue())
        except Busy:
            return UNAVAILABLE
        except (DatabaseError, InterfaceError) as error:
            logger.warning("an answer to a slash command failed: %s", error)
            return UNAVAILABLE

    async def _answer(self, digest: str, content_type: str, body: bytes) -> Response:
        run = await in_thread(find_answerable, digest)
        if run is None:
            return EXPIRED
        loop, dialect = asyncio.get_running_loop(), run.command.dialect
        try:
            answer = await loop.run_in_executor(self._reader, read_answer, content_type, body, dialect)
        except InvalidAnswer as error:
            return INVALID._replace(word=f"invalid_payload: {error}")
        number = await in_writing_thread(count_response, run)
        if number is None:
            return USED
        try:
            if answer is not None:
                await deliver(get_engine(), run, answer, number)
        except Refusal as refusal:
            return Response(HTTPStatus.FORBIDDEN, refusal.code)
        return OK


def _content_type(scope: Scope) -> str:
    """Return the type of the body. Without one, it is JSON, as most tools send it."""
    found = dict(scope["headers"]).get(b"content-type", b"application/json")
    return found.decode("latin-1")
