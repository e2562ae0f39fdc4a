"""Answers requests to webhooks, on the event loop.

Clients take turns. Payloads are converted in a thread of their own, so that no page or post waits for them, and the
messages go to the writer, like those of people.
"""

import asyncio
import logging
import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Any, BinaryIO, NamedTuple, cast

from django.db import DatabaseError, InterfaceError

from integrations.incoming.deliveries import DeliveryLog
from integrations.incoming.errors import HookError, error_for, no_service, payload_error, rate_limited, unavailable
from integrations.incoming.payload import MAX_BYTES, PayloadError, Post
from integrations.incoming.queries import Hook, find_hook
from integrations.incoming.requests import Converted, convert, find_target, look_up, make_drafts
from integrations.incoming.responses import send_accepted, send_error, send_method_not_allowed
from integrations.incoming.secret_urls import PREFIX, digest_of, secret_in
from integrations.models import WebhookDelivery
from integrations.models.incoming import MAX_DETAIL
from live.db_threads import in_thread
from live.fair_threads import Busy, FairTurns
from live.http.request_body import BodyRejected, ClientDisconnected, receive_body
from live.http.responses import Receive, Scope, Send
from live.rate_limit import TokenBuckets
from messaging.models import Message, NewMessage
from messaging.posting.batch import Draft, Result, StoredPost
from messaging.runtime.engine import get_engine
from rooms.errors import Refusal

logger = logging.getLogger(__name__)

MAX_WAITING = 1_000  # requests
RATE, BURST = 1.0, 30  # requests a second, and at once, of each webhook and process
BYTES_PER_TOKEN = 8_192  # a request costs one more for each
MEMORY_BYTES = 64 * 1024  # larger bodies are kept on disk
SILENCE_SECONDS, TOTAL_SECONDS = 10.0, 60.0


class Prepared(NamedTuple):
    """A request's post with the drafts of its messages. `problem`: why the name that it chooses isn't shown, or ""."""

    post: Post
    drafts: list[Draft]
    problem: str


class Answer(NamedTuple):
    """The result of a request that was accepted. `message` is None if nothing was posted."""

    word: str
    post: Post
    message: Message | NewMessage | None
    problem: str = ""


class HooksMiddleware:
    """ASGI middleware that serves /hooks/ and passes everything else on to `app`."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self._turns = FairTurns(1, limit=MAX_WAITING, share=1)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="hooks")
        self._limits = TokenBuckets(RATE, BURST)
        self._log = DeliveryLog()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not scope["path"].startswith(PREFIX):
            await self._app(scope, receive, send)
        elif scope["method"] != "POST":
            await send_method_not_allowed(send)
        elif (secret := secret_in(scope["path"])) is None:
            await send_error(send, no_service())
        else:
            await self._serve(_Request(scope, digest_of(secret)), receive, send)

    async def _serve(self, request: "_Request", receive: Receive, send: Send) -> None:
        """Answer a request. Whatever comes of it is noted for the webhook's list of deliveries."""
        try:
            answer = await self._post(request, await _receive(request, receive))
        except ClientDisconnected:
            return
        except HookError as error:
            await send_error(send, error)
            self._note(request, error.status, error.word, detail=error.detail)
            return
        message = answer.message
        await send_accepted(send, message, is_text=answer.post.is_text)
        source, detail = answer.post.source, answer.problem
        self._note(request, HTTPStatus.OK, answer.word, detail=detail, source=source, message=message)

    async def _post(self, request: "_Request", body: bytes) -> Answer:
        try:
            async with self._turns.turn(request.client):
                post, drafts, problem = await self._prepare(request, body)
        except Busy:
            raise unavailable(10) from None
        except (DatabaseError, InterfaceError) as error:
            logger.warning("a request to a webhook failed: %s", error)
            raise unavailable() from error
        results = await asyncio.gather(*map(_submit, drafts))
        for result in results:
            if isinstance(result, Refusal):
                raise error_for(result)
        stored = [each for each in results if isinstance(each, StoredPost)]
        if not stored:
            return Answer("ignored", post, None)
        return Answer("repeated" if stored[0].is_repeat else "ok", post, stored[0].message, problem)

    async def _prepare(self, request: "_Request", body: bytes) -> "Prepared":
        """Look up the webhook and convert the payload. Raises HookError."""
        request.hook = hook = await in_thread(find_hook, request.digest)
        if hook is None:
            raise no_service()
        if wait := self._limits.take(hook.pk, 1 + len(body) // BYTES_PER_TOKEN):
            raise rate_limited(wait)
        context = await in_thread(look_up, hook, request.headers, body)
        post, parts = await self._convert(hook, request.headers, body, context.names)
        if not parts:
            return Prepared(post, [], "")
        target = await in_thread(find_target, hook, post)
        return Prepared(post, make_drafts(hook, parts, context.key, target), target.problem)

    async def _convert(
        self, hook: Hook, headers: Mapping[str, str], body: bytes, names: Mapping[str, str]
    ) -> tuple[Post, list[str]]:
        loop = asyncio.get_running_loop()
        try:
            converted: Converted = await loop.run_in_executor(self._thread, convert, hook, headers, body, names)
        except PayloadError as error:
            raise payload_error(error) from error
        return converted.post, converted.parts

    def _note(
        self,
        request: "_Request",
        status: int,
        word: str,
        *,
        detail: str = "",
        source: str = "",
        message: Message | NewMessage | None = None,
    ) -> None:
        if request.hook is None:
            return
        self._log.note(
            WebhookDelivery(
                webhook_id=request.hook.pk,
                status=status,
                word=word,
                detail=detail[:MAX_DETAIL],
                source=source,
                size=request.size,
                message_id=None if message is None else message.pk,
            )
        )


class _Request:
    """A request to the webhook with this digest. `hook` is None until it is found."""

    def __init__(self, scope: Scope, digest: str) -> None:
        self.digest = digest
        self.client = str((scope.get("client") or ("", 0))[0])
        self.headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        self.size = 0
        self.hook: Hook | None = None


async def _receive(request: _Request, receive: Receive) -> bytes:
    """Return the complete body. Raises HookError or ClientDisconnected."""
    with cast(BinaryIO, tempfile.SpooledTemporaryFile(MEMORY_BYTES)) as body:
        try:
            await receive_body(receive, body, max_bytes=MAX_BYTES, silence=SILENCE_SECONDS, within=TOTAL_SECONDS)
        except BodyRejected as rejected:
            request.hook = await in_thread(find_hook, request.digest)
            word = "payload_too_large" if rejected.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE else "timeout"
            raise HookError(rejected.status, word, rejected.message) from rejected
        request.size = body.tell()
        body.seek(0)
        return body.read()


async def _submit(draft: Draft) -> Result:
    posted: asyncio.Future[Result] = asyncio.get_running_loop().create_future()

    def acknowledge(result: Result) -> None:
        if not posted.done():
            posted.set_result(result)

    get_engine().writer.submit(draft, acknowledge)
    return await posted
