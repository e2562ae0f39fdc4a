"""Calls Django's views in a few threads, with complete requests, and sends complete responses.

Client addresses take turns, so that one client's requests don't hold up those of others.

No thread waits for a client that sends or reads slowly, because the event loop receives the request and sends the
response (see docs/adr/0005-own-bridge-to-pages.md for measurements). A LongResponse is the exception: each piece is
generated after the client has read the previous one.
"""

import asyncio
import sys
import tempfile
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any, BinaryIO, cast

from accounts.auth.hashing import hashes_passwords
from accounts.http import LongResponse
from accounts.profile.avatars import renders_avatar
from chatsite.http.file_response import redirected_file, send_file
from chatsite.http.networks import network_of
from chatsite.http.request_watch import Revoked, watch_file, watch_session
from live.db_threads import run_in
from live.fair_threads import Busy, FairThreads
from live.http.request_body import MAX_BYTES, BodyRejected, ClientDisconnected, check_charset, receive_body
from live.http.responses import Header, Receive, Scope, Send, disconnect, send_text, wait_for_disconnect

MEMORY_BYTES = 1024 * 1024  # larger bodies and responses are kept on disk
MAX_RESPONSE_BYTES = 256 * 1024 * 1024
CHUNK_BYTES = 64 * 1024

MAX_PAGES_WAITING = 2000  # the last one waits for about 45 s
MAX_LOGINS_WAITING = 200  # and other requests that hash passwords; the last one waits for about 30 s
MAX_PHOTOS_WAITING = 100  # and other changes of profiles
MAX_LOGIN_BYTES = 64 * 1024  # waiting requests are kept in memory
BUSY = "The server is busy. Try again in a few seconds."

CLOSE = (b"connection", b"close")  # because the client is still sending the rest of a rejected body

Environ = dict[str, Any]
Response = tuple[int, list[Header], LongResponse | None]
WSGI = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

_long = ThreadPoolExecutor(max_workers=2, thread_name_prefix="long")


class WSGIBridge:
    """An ASGI application that calls a WSGI one in a few threads."""

    def __init__(self, application: WSGI, *, threads: int) -> None:
        self._application = application
        self._pages = FairThreads(threads, limit=MAX_PAGES_WAITING, share=max(threads - 1, 1), name="page")
        self._hashing = FairThreads(1, limit=MAX_LOGINS_WAITING, share=1, name="hashing")
        self._avatars = FairThreads(1, limit=MAX_PHOTOS_WAITING, share=1, name="avatar")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with _spooled() as body, _spooled() as content:
            try:
                check_charset(scope["headers"])
                await receive_body(receive, body, max_bytes=_max_bytes(scope))
            except ClientDisconnected:
                return
            except BodyRejected as rejected:
                await send_text(send, rejected.status, rejected.message, CLOSE)
                return
            body.seek(0)
            try:
                status, headers, long = await self._respond(scope, body, content)
            except Busy:
                await send_text(send, 503, BUSY, (b"retry-after", b"10"))
                return
            if (name := redirected_file(headers)) is not None:
                with watch_file(scope, headers) as revoked:
                    await send_file(name, scope, receive, send, headers, revoked)
                return
            await send({"type": "http.response.start", "status": status, "headers": headers})
            if long is None:
                await _send_all(content, send)
                return
            with watch_session(scope) as revoked:
                await _send_long(long, receive, send, revoked)
                if revoked.done():
                    disconnect(scope)

    async def _respond(self, scope: Scope, body: BinaryIO, content: BinaryIO) -> Response:
        """Call Django in a thread when it is the client's turn. Raises Busy if too many requests are waiting."""
        environ = environ_of(scope, body)
        return await self._threads_for(scope).run(network_of(environ["REMOTE_ADDR"]), self._call, environ, content)

    def _threads_for(self, scope: Scope) -> FairThreads:
        """Return the threads for a request. Those that take long have their own, so that other pages don't wait."""
        if hashes_passwords(scope["method"], scope["path"]):
            return self._hashing
        return self._avatars if renders_avatar(scope["method"], scope["path"]) else self._pages

    def _call(self, environ: Environ, content: BinaryIO) -> Response:
        """Return the status, the headers and any LongResponse. Write the body of other responses to `content`."""
        started: list[tuple[int, list[Header]]] = []

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> None:
            encoded = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
            started.append((int(status[:3]), encoded))

        response = self._application(environ, start_response)
        if isinstance(response, LongResponse):
            return *started[-1], response
        with closing(cast(Any, response)) as chunks:
            for chunk in chunks:
                content.write(chunk)
                if content.tell() > MAX_RESPONSE_BYTES:
                    raise ValueError(
                        f"the response to {environ['PATH_INFO']} is larger than {MAX_RESPONSE_BYTES} bytes"
                    )
        return *started[-1], None


def _max_bytes(scope: Scope) -> int:
    return MAX_LOGIN_BYTES if hashes_passwords(scope["method"], scope["path"]) else MAX_BYTES


def environ_of(scope: Scope, body: BinaryIO) -> Environ:
    """Return the WSGI environ of a request (PEP 3333)."""
    server, client = scope.get("server") or ("localhost", 80), scope.get("client") or ("", 0)
    return {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": scope["path"].encode().decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1] or 0),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": client[0],
        "REMOTE_PORT": str(client[1]),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": body,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        **_headers(scope["headers"]),
    }


def _headers(headers: Iterable[Header]) -> Environ:
    environ: Environ = {}
    for raw_name, raw_value in headers:
        if b"_" in raw_name:
            continue  # otherwise a client could spoof a hyphenated header that only the proxy may set
        name = raw_name.decode("latin-1").upper().replace("-", "_")
        key = name if name in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{name}"
        value = raw_value.decode("latin-1")
        if key in environ:
            value = f"{environ[key]}{'; ' if key == 'HTTP_COOKIE' else ','}{value}"
        environ[key] = value
    return environ


async def _send_all(content: BinaryIO, send: Send) -> None:
    left = content.tell()
    content.seek(0)
    while True:
        chunk = content.read(CHUNK_BYTES)
        left -= len(chunk)
        await send({"type": "http.response.body", "body": chunk, "more_body": left > 0})  # waits for a slow client
        if left <= 0:
            return


async def _send_long(response: LongResponse, receive: Receive, send: Send, revoked: Revoked) -> None:
    """Send each piece after the client has read the previous one. Leave the response incomplete once `revoked`."""
    pieces, disconnected = iter(response), asyncio.ensure_future(wait_for_disconnect(receive))
    sending: asyncio.Future[None] | None = None
    try:
        while not disconnected.done() and (piece := await run_in(_long, next, pieces, None)) is not None:
            sending = asyncio.ensure_future(send({"type": "http.response.body", "body": piece, "more_body": True}))
            await asyncio.wait([sending, revoked], return_when=asyncio.FIRST_COMPLETED)  # the client may be slow
            if revoked.done():
                return
            sending.result()
        await send({"type": "http.response.body", "body": b""})
    finally:
        disconnected.cancel()
        if sending is not None:
            sending.cancel()
        await asyncio.shield(run_in(_long, response.close))


def _spooled() -> BinaryIO:
    return cast(BinaryIO, tempfile.SpooledTemporaryFile(MEMORY_BYTES))
