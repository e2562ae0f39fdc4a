"""Files, sent by the event loop: a page's thread says who may have one, and is long free when the last byte leaves.

A view answers with `X-Accel-Redirect`, as nginx would have it; without nginx this does what nginx does.
"""

import asyncio
import logging
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from django.conf import settings

from chatsite.answers import Header, Receive, Scope, Send, answer, gone
from messaging.files import shelf
from messaging.files.sources import PIECE_BYTES, Source, open_source

logger = logging.getLogger(__name__)

REDIRECT = b"x-accel-redirect"
RETRY = (b"retry-after", b"60")

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
_readers = ThreadPoolExecutor(max_workers=4, thread_name_prefix="files")  # a slow disk or store must not stop the loop


@dataclass(frozen=True, slots=True)
class Span:
    """The bytes from `start` up to, and without, `end`."""

    start: int
    end: int


def redirected(headers: Sequence[Header]) -> str | None:
    """The name of the file that a view wants sent, or None: where it wants none, or nginx does it.

    What lies in a store is never nginx's to send.
    """
    for name, value in headers:
        if name == REDIRECT:
            stored = value.decode().removeprefix(settings.MEDIA_INTERNAL)
            return stored if settings.SEND_FILES == "self" or shelf.path_of(stored) is None else None
    return None


async def send_file(name: str, scope: Scope, receive: Receive, send: Send, headers: Sequence[Header]) -> None:
    """What is stored under this name, or the part of it that is asked for (RFC 9110, section 14: one range)."""
    loop = asyncio.get_running_loop()
    try:
        source = await loop.run_in_executor(_readers, open_source, name)
    except FileNotFoundError:
        await answer(send, 404, "This file is not there any more.")
        return
    except OSError as error:
        logger.warning("a file cannot be read: %s", error)
        await answer(send, 503, "Files cannot be fetched at the moment. Please try again in a minute.", RETRY)
        return
    try:
        kept = [(name, value) for name, value in headers if name not in (REDIRECT, b"content-length")]
        status, span = _asked_for(scope, kept, source.size)
        kept += [(b"accept-ranges", b"bytes"), (b"content-length", b"%d" % (span.end - span.start))]
        if status == 206:
            kept.append((b"content-range", b"bytes %d-%d/%d" % (span.start, span.end - 1, source.size)))
        elif status == 416:
            kept.append((b"content-range", b"bytes */%d" % source.size))
        await send({"type": "http.response.start", "status": status, "headers": kept})
        await _send_span(source, span if scope["method"] != "HEAD" else Span(0, 0), receive, send)
    finally:
        source.close()


async def _send_span(source: Source, span: Span, receive: Receive, send: Send) -> None:
    loop = asyncio.get_running_loop()
    left = loop.create_task(gone(receive))
    at = span.start
    try:
        while at < span.end and not left.done():
            length = min(PIECE_BYTES, span.end - at)
            piece = source.read_now(at, length) or await loop.run_in_executor(_readers, source.read, at, length)
            if not piece:
                raise OSError("a file became shorter while it was sent")
            at += len(piece)
            await send({"type": "http.response.body", "body": piece, "more_body": True})  # waits for a slow reader
            await asyncio.sleep(0)  # one that is fast, of a file in memory, would have the loop for itself
        await send({"type": "http.response.body", "body": b""})
    finally:
        left.cancel()


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
