"""Files, sent by the event loop: a page's thread says who may have one, and is long free when the last byte leaves.

A view answers with `X-Accel-Redirect`, as nginx would have it; without nginx this does what nginx does.
"""

import asyncio
import os
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from chatsite.answers import Header, Receive, Scope, Send, answer

PIECE_BYTES = 256 * 1024
REDIRECT = b"x-accel-redirect"

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
_readers = ThreadPoolExecutor(max_workers=2, thread_name_prefix="files")  # a slow disk must not stop the loop


@dataclass(frozen=True, slots=True)
class Span:
    """The bytes from `start` up to, and without, `end`."""

    start: int
    end: int


def redirected(headers: Sequence[Header]) -> Path | None:
    """The file that a view wants sent, or None: where it wants none, or nginx does it."""
    if settings.SEND_FILES != "self":
        return None
    for name, value in headers:
        if name == REDIRECT:
            return Path(settings.MEDIA_ROOT) / value.decode().removeprefix(settings.MEDIA_INTERNAL)
    return None


async def send_file(path: Path, scope: Scope, receive: Receive, send: Send, headers: Sequence[Header]) -> None:
    """The file, or the part of it that is asked for (RFC 9110, section 14: one range)."""
    loop = asyncio.get_running_loop()
    try:
        file = await loop.run_in_executor(_readers, os.open, path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        await answer(send, 404, "This file is not there any more.")
        return
    try:
        size = os.fstat(file).st_size
        kept = [(name, value) for name, value in headers if name not in (REDIRECT, b"content-length")]
        status, span = _asked_for(scope, kept, size)
        kept += [(b"accept-ranges", b"bytes"), (b"content-length", b"%d" % (span.end - span.start))]
        if status == 206:
            kept.append((b"content-range", b"bytes %d-%d/%d" % (span.start, span.end - 1, size)))
        elif status == 416:
            kept.append((b"content-range", b"bytes */%d" % size))
        await send({"type": "http.response.start", "status": status, "headers": kept})
        await _send_span(file, span if scope["method"] != "HEAD" else Span(0, 0), receive, send)
    finally:
        os.close(file)


async def _send_span(file: int, span: Span, receive: Receive, send: Send) -> None:
    loop = asyncio.get_running_loop()
    gone = loop.create_task(_until_gone(receive))
    at = span.start
    try:
        while at < span.end and not gone.done():
            piece = await loop.run_in_executor(_readers, os.pread, file, min(PIECE_BYTES, span.end - at), at)
            if not piece:
                raise OSError("a file became shorter while it was sent")
            at += len(piece)
            await send({"type": "http.response.body", "body": piece, "more_body": True})  # waits for a slow reader
        await send({"type": "http.response.body", "body": b""})
    finally:
        gone.cancel()


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _asked_for(scope: Scope, headers: Sequence[Header], size: int) -> tuple[int, Span]:
    asked = {name: value.decode("latin-1") for name, value in scope["headers"]}
    found = _RANGE.fullmatch(asked.get(b"range", ""))
    etag = next((value.decode("latin-1") for name, value in headers if name == b"etag"), "")
    if found is None or not any(found.groups()) or asked.get(b"if-range", etag) != etag:
        return 200, Span(0, size)
    first, last = found.groups()
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(size, int(last) + 1) if last else size
    return (206, Span(start, end)) if start < end else (416, Span(0, 0))
