"""Files, sent by the event loop: a page's thread says who may have one, and is long free when the last byte leaves.

A view answers with `X-Accel-Redirect`, as nginx would have it; without nginx this does what nginx does.
"""

import asyncio
import logging
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from django.conf import settings

from chatsite.http.responses import Header, Receive, Scope, Send, answer, gone
from messaging.attachments import storage
from messaging.attachments.readers import Reader, open_reader

logger = logging.getLogger(__name__)

REDIRECT = b"x-accel-redirect"
READER = b"x-reader"  # whose download it is, as the view says; it goes no further
RETRY = (b"retry-after", b"60")
AT_ONCE = 20  # downloads of one person by one process: each takes a few hundred kilobytes while its reader is slow
BUSY = "Too many downloads at once. Wait for some to finish and try again."
BUSY_RETRY = (b"retry-after", b"10")
ASK_EVERY = 4.0  # so that a download ends within five seconds of its reader's leave to have it

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
_underway: Counter[bytes] = Counter()  # downloads of each person
_readers = ThreadPoolExecutor(max_workers=4, thread_name_prefix="files")  # a slow disk or store must not stop the loop


Allowed = Callable[[], Awaitable[bool]]


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
            return stored if settings.SEND_FILES == "self" or storage.local_path(stored) is None else None
    return None


async def send_file(
    name: str, scope: Scope, receive: Receive, send: Send, headers: Sequence[Header], is_allowed: Allowed
) -> None:
    """What is stored under this name, or the part of it that is asked for (RFC 9110, section 14: one range).

    While it is being sent `is_allowed` is asked again and again; once it says no, the connection is cut.
    """
    loop = asyncio.get_running_loop()
    try:
        source = await loop.run_in_executor(_readers, open_reader, name)
    except FileNotFoundError:
        await answer(send, 404, "This file is no longer available.")
        return
    except OSError as error:
        logger.warning("a file cannot be read: %s", error)
        await answer(send, 503, "Files are temporarily unavailable. Try again in a minute.", RETRY)
        return
    try:
        kept = [(name, value) for name, value in headers if name not in (REDIRECT, READER, b"content-length")]
        status, span = _asked_for(scope, kept, source.size)
        kept += [(b"accept-ranges", b"bytes"), (b"content-length", b"%d" % (span.end - span.start))]
        if status == 206:
            kept.append((b"content-range", b"bytes %d-%d/%d" % (span.start, span.end - 1, source.size)))
        elif status == 416:
            kept.append((b"content-range", b"bytes */%d" % source.size))
        if scope["method"] == "HEAD":
            span = Span(0, 0)
        is_long = span.end - span.start > source.chunk_bytes
        with _counted(dict(headers).get(READER, b"") if is_long else b"") as is_one_too_many:
            if is_one_too_many:
                await answer(send, 429, BUSY, BUSY_RETRY)
                return
            await send({"type": "http.response.start", "status": status, "headers": kept})
            await _send_span(source, span, receive, send, is_allowed)
    finally:
        # Of a file that was deleted meanwhile the disk frees the bytes now, which takes a while.
        _readers.submit(source.close)


@contextmanager
def _counted(reader: bytes) -> Iterator[bool]:
    """Among this person's downloads. A page full of pictures is none: what fits into one piece is soon gone."""
    if not reader:
        yield False
    elif _underway[reader] >= AT_ONCE:
        yield True
    else:
        _underway[reader] += 1
        try:
            yield False
        finally:
            _underway[reader] -= 1
            if not _underway[reader]:
                del _underway[reader]


async def _send_span(source: Reader, span: Span, receive: Receive, send: Send, is_allowed: Allowed) -> None:
    """To its end, or to that of the reader or of their leave: then it stays short, and passes for whole with nobody."""
    sending = asyncio.create_task(_send_pieces(source, span, send))
    refused = asyncio.create_task(_refused(is_allowed))
    tasks = [sending, refused, asyncio.create_task(gone(receive))]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if sending.done():
            sending.result()
        elif refused.done():
            refused.result()
            logger.info("a download was cut: its reader may not have the file any more")
    finally:
        for task in tasks:
            task.cancel()


async def _send_pieces(source: Reader, span: Span, send: Send) -> None:
    loop = asyncio.get_running_loop()
    at = span.start
    while at < span.end:
        length = min(source.chunk_bytes, span.end - at)
        piece = source.read_cached(at, length) or await loop.run_in_executor(_readers, source.read, at, length)
        if not piece:
            raise OSError("a file became shorter while it was sent")
        at += len(piece)
        await send({"type": "http.response.body", "body": piece, "more_body": True})  # waits for a slow reader
        await asyncio.sleep(0)  # one that is fast, of a file in memory, would have the loop for itself
    await send({"type": "http.response.body", "body": b""})


async def _refused(is_allowed: Allowed) -> None:
    """Wait until the reader may not have it any more."""
    while True:
        await asyncio.sleep(ASK_EVERY)
        if not await is_allowed():
            return


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
