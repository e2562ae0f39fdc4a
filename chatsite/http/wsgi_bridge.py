"""Django's pages, called in a few threads: a request goes in whole, and its answer comes out whole.

No thread ever waits for a client, neither for one that sends slowly nor for one that reads slowly: the
event loop takes the request in and sends the answer (docs/adr/0005 says what that is worth). A LongResponse is the one
that does not come out whole: its reader gets each piece when they have taken the last.
"""

import asyncio
import sys
import tempfile
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from io import BytesIO
from typing import Any, BinaryIO, cast

from accounts.http import LongResponse
from chatsite.http.file_response import redirected, send_file
from chatsite.http.request_body import Gone, Refused, take_in
from chatsite.http.responses import Header, Receive, Scope, Send, answer, gone
from live.db_threads import run_in

MEMORY_BYTES = 1024 * 1024  # what is larger waits on the disk
MAX_ANSWER_BYTES = 256 * 1024 * 1024
CHUNK_BYTES = 64 * 1024

CLOSE = (b"connection", b"close")  # the rest of a refused body is still on its way

Environ = dict[str, Any]
WSGI = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

_long = ThreadPoolExecutor(max_workers=2, thread_name_prefix="long")


class Pages:
    """An ASGI application that answers by a WSGI one."""

    def __init__(self, application: WSGI, *, threads: int) -> None:
        self._application = application
        self._threads = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="page")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with _spooled() as body, _spooled() as content:
            try:
                await take_in(receive, body)
            except Gone:
                return
            except Refused as refused:
                await answer(send, refused.status, refused.sentence, CLOSE)
                return
            body.seek(0)
            loop = asyncio.get_running_loop()
            status, headers, long = await loop.run_in_executor(
                self._threads, self._call, environ_of(scope, body), content
            )
            if (name := redirected(headers)) is not None:
                await send_file(name, scope, receive, send, headers, partial(self._still_leads_to, name, scope))
                return
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await (_send_all(content, send) if long is None else _send_long(long, receive, send))

    async def _still_leads_to(self, name: str, scope: Scope) -> bool:
        """Whether the same request would be given the same file now. Failing, as without a database, is no answer."""
        environ, nothing = environ_of({**scope, "method": "HEAD"}, BytesIO()), BytesIO()
        loop = asyncio.get_running_loop()
        status, headers, _ = await loop.run_in_executor(self._threads, self._call, environ, nothing)
        return status >= 500 or redirected(headers) == name

    def _call(self, environ: Environ, content: BinaryIO) -> tuple[int, list[Header], LongResponse | None]:
        """Have the request answered: return its status and headers, and a long body; write any other into `content`."""
        began: list[tuple[int, list[Header]]] = []

        def start_response(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> None:
            encoded = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
            began.append((int(status[:3]), encoded))

        answered = self._application(environ, start_response)
        if isinstance(answered, LongResponse):
            return *began[-1], answered
        with closing(cast(Any, answered)) as chunks:
            for chunk in chunks:
                content.write(chunk)
                if content.tell() > MAX_ANSWER_BYTES:
                    raise ValueError(f"the answer to {environ['PATH_INFO']} is larger than {MAX_ANSWER_BYTES} bytes")
        return *began[-1], None


def environ_of(scope: Scope, body: BinaryIO) -> Environ:
    """The request as WSGI describes it (PEP 3333)."""
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
            continue  # it would pass for the header with a hyphen, which a proxy sets and a client may not
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
        await send({"type": "http.response.body", "body": chunk, "more_body": left > 0})  # waits for a slow reader
        if left <= 0:
            return


async def _send_long(answered: LongResponse, receive: Receive, send: Send) -> None:
    pieces, left = iter(answered), asyncio.ensure_future(gone(receive))
    try:
        while not left.done() and (piece := await run_in(_long, next, pieces, None)) is not None:
            await send({"type": "http.response.body", "body": piece, "more_body": True})  # waits for a slow reader
        await send({"type": "http.response.body", "body": b""})
    finally:
        left.cancel()
        await asyncio.shield(run_in(_long, answered.close))


def _spooled() -> BinaryIO:
    return cast(BinaryIO, tempfile.SpooledTemporaryFile(MEMORY_BYTES))
