"""The HTTP API as an ASGI application, which runs beside the sockets on the event loop.

So a program's post is stored in the same batch as those of pages, and no thread waits for a client.
"""

import io
import logging
import re
from contextlib import nullcontext
from functools import partial
from typing import Any

from django.db import DatabaseError, InterfaceError, transaction
from django.utils import timezone, translation

from accounts import audit
from accounts.auth.credentials import Credential
from accounts.auth.tokens import TokenUser, note_use
from accounts.models import User
from accounts.time_zones import find_zone
from api.caller import SAFE, Identity, identify, require_credential
from api.endpoints import router
from api.errors import BodyTooLarge, Busy, TimedOut, Unauthenticated, WrongContentType, WrongMethod, WrongOrigin
from api.idempotency import Idempotent, call_once
from api.mcp import server as mcp
from api.openapi import document
from api.parameters import read_parameters
from api.photos import PhotoReceiver
from api.request import Request
from api.responses import Response, not_modified, rate_limit_headers, refusal_response, send_response
from api.routing import Endpoint, Runs
from api.stream import receive_frame, serve_stream
from live.batcher import Batcher
from live.db_threads import call_with_database
from live.fair_threads import Busy as TooManyWaiting
from live.fair_threads import FairThreads
from live.http.origin import is_same_origin
from live.http.request_body import BodyRejected, ClientDisconnected, receive_body
from live.http.responses import Receive, Scope, Send
from messaging.errors import Closing, RateLimited, Unavailable
from messaging.runtime.engine import get_engine
from messaging.runtime.protocol import MAX_FRAME
from messaging.uploads.receiver import Disconnected
from rooms.errors import Refusal
from rooms.scopes import require_scope

logger = logging.getLogger(__name__)

PREFIX = "/api/v1"
MCP = "/mcp"
STREAM = f"{PREFIX}/stream"
STREAM_INPUT = re.compile(rf"{STREAM}/([0-9a-f]{{32}})")
THREADS = 2
MAX_WAITING = 500
BYTES_PER_TOKEN = 2_000  # a request takes one token of the rate limit, plus one for each multiple of this size


class APIMiddleware:
    """ASGI middleware that serves /api/v1/ and /mcp, and passes everything else on to `app`."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self._identities: Batcher[Credential, Identity | None] | None = None
        self._uses: Batcher[tuple[TokenUser, str], None] | None = None
        self._threads = FairThreads(THREADS, limit=MAX_WAITING, share=1, name="api")
        self._photos = PhotoReceiver()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] != MCP and not scope["path"].startswith(f"{PREFIX}/"):
            await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        try:
            if scope["path"] == STREAM:
                identity = await self._identify(scope, headers)
                await serve_stream(get_engine(), identity, scope, receive, send)
                return
            response = await self._respond(scope, headers, receive)
        except (ClientDisconnected, Disconnected):
            return
        except BodyRejected as rejected:
            response = refusal_response(TimedOut() if rejected.status == 408 else BodyTooLarge(rejected.message))
            response.headers["connection"] = "close"
        except Refusal as refusal:
            response = refusal_response(refusal)
        except TooManyWaiting:
            response = refusal_response(Busy(retry_after=5))
        except (DatabaseError, InterfaceError):
            logger.exception("%s of %s failed", scope["method"], scope["path"])
            response = refusal_response(Unavailable(retry_after=2))
        await send_response(send, response, is_head=scope["method"] == "HEAD")

    async def _respond(self, scope: Scope, headers: dict[str, str], receive: Receive) -> Response:
        if scope["path"] == f"{PREFIX}/openapi.json":
            return _document(scope["method"], headers)
        if match := STREAM_INPUT.fullmatch(scope["path"]):
            return await self._receive_frame(match[1], scope, headers, receive)
        if scope["path"] == MCP:
            return await self._respond_to_agent(scope, headers, receive)
        endpoint, path = router.find(scope["method"], scope["path"].removeprefix(PREFIX))
        body = io.BytesIO()
        if not endpoint.is_raw:
            await receive_body(receive, body, max_bytes=MAX_FRAME)
        identity = await self._identify(scope, headers)
        engine, user = get_engine(), identity.user
        check_access = partial(self._identify, scope, headers)
        request = Request(engine, identity, _address_of(scope), headers, receive, check_access)
        with translation.override(user.preferred_language):
            try:
                if wait := engine.rate_limiter.take(user.pk, 1 + body.tell() // BYTES_PER_TOKEN):
                    raise RateLimited(retry_after=wait)
                require_scope(identity.scopes, endpoint.scope)
                if endpoint.has_body:
                    _require_json(headers, body)
                parameters = read_parameters(endpoint, path, scope["query_string"], body.getvalue())
                data = await self._run(request, endpoint, parameters)
                response = data if isinstance(data, Response) else _response(endpoint, data, headers)
            except Refusal as refusal:
                response = refusal_response(refusal)
        response.headers |= rate_limit_headers(engine.rate_limiter, user.pk)
        return response

    async def _respond_to_agent(self, scope: Scope, headers: dict[str, str], receive: Receive) -> Response:
        body = io.BytesIO()
        await receive_body(receive, body, max_bytes=MAX_FRAME)
        if scope["method"] != "POST":
            raise WrongMethod(["POST"])
        if not is_same_origin(headers.get("origin", ""), headers.get("host", "")):
            raise WrongOrigin
        identity = await self._identify(scope, headers)
        engine, user = get_engine(), identity.user
        if identity.token is None:
            raise Unauthenticated  # agents have tokens, whose scopes limit them
        if wait := engine.rate_limiter.take(user.pk, 1 + body.tell() // BYTES_PER_TOKEN):
            raise RateLimited(retry_after=wait)
        _require_json(headers, body)
        request = Request(
            engine, identity, _address_of(scope), headers, receive, partial(self._identify, scope, headers)
        )
        with translation.override(user.preferred_language):
            answer = await mcp.respond(request, body.getvalue(), self._run)
            return Response(202 if answer is None else 200, answer)

    async def _receive_frame(self, key: str, scope: Scope, headers: dict[str, str], receive: Receive) -> Response:
        body = io.BytesIO()
        await receive_body(receive, body, max_bytes=MAX_FRAME)
        if scope["method"] != "POST":
            raise WrongMethod(["POST"])
        identity = await self._identify(scope, headers)
        _require_json(headers, body)
        receive_frame(get_engine(), identity, key, body.getvalue().decode(errors="replace"))
        return Response(204)

    async def _identify(self, scope: Scope, headers: dict[str, str]) -> Identity:
        credential = require_credential(scope, headers)
        if self._identities is None or self._uses is None:  # they belong to the event loop
            self._identities = Batcher(identify, name="api-identities")
            self._uses = Batcher(note_use, name="api-token-uses")
        identity = await self._identities.submit(credential)
        if identity is None:
            raise Unauthenticated
        if identity.token is not None and identity.token.is_use_due:
            await self._uses.submit((identity.token, _address_of(scope)))
        return identity

    async def _run(self, request: Request, endpoint: Endpoint, parameters: Any) -> Any:
        if endpoint.runs is Runs.ON_LOOP:
            return await endpoint.function(request, parameters)
        if endpoint.method != "GET" and request.engine.is_closing:
            raise Closing(retry_after=2)
        arguments = [await self._photos.receive(request)] if endpoint.runs is Runs.WITH_PHOTO else []
        return await self._threads.run(
            str(request.identity.user.pk), call_with_database, _call, request, endpoint, parameters, *arguments
        )


def _call(request: Request, endpoint: Endpoint, parameters: Any, *arguments: Any) -> Any:
    """Call an endpoint's function in a thread, with all fields of the user and their language and time zone."""
    user = User.objects.filter(pk=request.identity.user.pk, is_active=True).first()
    if user is None:
        raise Unauthenticated
    with (
        translation.override(user.preferred_language),
        timezone.override(find_zone(user.time_zone)),
        audit.origin(address=request.address, actor=lambda: user),
        transaction.atomic() if endpoint.method == "PATCH" else nullcontext(),  # several actions, or none
    ):
        if isinstance(parameters, Idempotent) and parameters.client_id is not None:
            return call_once(user, endpoint, parameters)
        return endpoint.function(user, parameters, *arguments)


def _document(method: str, headers: dict[str, str]) -> Response:
    """Return the description of the API, for which no one has to log in."""
    if method not in SAFE:
        raise WrongMethod(sorted(SAFE))
    return not_modified(Response(200, document()), headers.get("if-none-match", ""))


def _response(endpoint: Endpoint, data: Any, headers: dict[str, str]) -> Response:
    if endpoint.status == 204:
        return Response(204)
    response = Response(endpoint.status, data)
    return not_modified(response, headers.get("if-none-match", "")) if endpoint.method == "GET" else response


def _require_json(headers: dict[str, str], body: io.BytesIO) -> None:
    content_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    if body.tell() and content_type != "application/json":
        raise WrongContentType


def _address_of(scope: Scope) -> str:
    return (scope.get("client") or ("",))[0] or ""
