"""Sends files from the event loop. A page thread checks the permission and is freed before the first byte is sent.

A view responds with `X-Accel-Redirect`, as it would for nginx; without nginx, this module plays nginx's role.
"""

import asyncio
import logging
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from django.conf import settings

from chatsite.http.request_watch import ATTACHMENT, READER, Revoked
from live.http.responses import Header, Receive, Scope, Send, disconnect, send_text, wait_for_disconnect
from messaging.attachments import storage
from messaging.attachments.readers import Reader, open_reader

logger = logging.getLogger(__name__)

REDIRECT = b"x-accel-redirect"
INTERNAL = (REDIRECT, READER, ATTACHMENT, b"content-length")
RETRY = (b"retry-after", b"60")
MAX_DOWNLOADS = 20  # per user and process; each slow one takes a few hundred kilobytes
TOO_MANY = "Too many downloads at once. Wait for some to finish and try again."
TOO_MANY_RETRY = (b"retry-after", b"10")

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
_downloads: Counter[bytes] = Counter()  # by user
_readers = ThreadPoolExecutor(max_workers=4, thread_name_prefix="files")  # a slow disk or store must not block the loop


@dataclass(frozen=True, slots=True)
class ByteRange:
    """The bytes from `start` up to, but not including, `end`."""

    start: int
    end: int


def redirected_file(headers: Sequence[Header]) -> str | None:
    """Return the name of the file to send for the response, or None if there is none or nginx sends it.

    nginx cannot send files from an S3-compatible store.
    """
    for name, value in headers:
        if name == REDIRECT:
            stored = value.decode().removeprefix(settings.MEDIA_INTERNAL)
            return stored if settings.SEND_FILES == "self" or storage.local_path(stored) is None else None
    return None


async def send_file(
    name: str, scope: Scope, receive: Receive, send: Send, headers: Sequence[Header], revoked: Revoked
) -> None:
    """Send the stored file, or the single range requested (RFC 9110, section 14).

    Close the connection once `revoked` is done.
    """
    loop = asyncio.get_running_loop()
    try:
        source = await loop.run_in_executor(_readers, open_reader, name)
    except FileNotFoundError:
        await send_text(send, 404, "This file is no longer available.")
        return
    except OSError as error:
        logger.warning("a file cannot be read: %s", error)
        await send_text(send, 503, "Files are temporarily unavailable. Try again in a minute.", RETRY)
        return
    try:
        kept = [(name, value) for name, value in headers if name not in INTERNAL]
        status, byte_range = _requested(scope, kept, source.size)
        kept += [(b"accept-ranges", b"bytes"), (b"content-length", b"%d" % (byte_range.end - byte_range.start))]
        if status == 206:
            kept.append((b"content-range", b"bytes %d-%d/%d" % (byte_range.start, byte_range.end - 1, source.size)))
        elif status == 416:
            kept.append((b"content-range", b"bytes */%d" % source.size))
        if scope["method"] == "HEAD":
            byte_range = ByteRange(0, 0)
        is_long = byte_range.end - byte_range.start > source.chunk_bytes
        with _download_slot(dict(headers).get(READER, b"") if is_long else b"") as has_slot:
            if not has_slot:
                await send_text(send, 429, TOO_MANY, TOO_MANY_RETRY)
                return
            await send({"type": "http.response.start", "status": status, "headers": kept})
            await _send_range(source, byte_range, receive, send, revoked)
            if revoked.done():
                logger.info("a download was stopped: its user may no longer see the file")
                disconnect(scope)
    finally:
        # If the file was deleted during the download, closing it frees its disk space, which takes time.
        _readers.submit(source.close)


@contextmanager
def _download_slot(user: bytes) -> Iterator[bool]:
    """Count a download of the user. Yield False if there are too many. Nothing is counted without a user."""
    if not user:
        yield True
    elif _downloads[user] >= MAX_DOWNLOADS:
        yield False
    else:
        _downloads[user] += 1
        try:
            yield True
        finally:
            _downloads[user] -= 1
            if not _downloads[user]:
                del _downloads[user]


async def _send_range(source: Reader, byte_range: ByteRange, receive: Receive, send: Send, revoked: Revoked) -> None:
    """Send the range. Leave the response incomplete if the client disconnects or loses permission."""
    sending = asyncio.create_task(_send_pieces(source, byte_range, send))
    tasks = [sending, asyncio.create_task(wait_for_disconnect(receive))]
    try:
        await asyncio.wait([*tasks, revoked], return_when=asyncio.FIRST_COMPLETED)
        if sending.done():
            sending.result()
    finally:
        for task in tasks:
            task.cancel()


async def _send_pieces(source: Reader, byte_range: ByteRange, send: Send) -> None:
    loop = asyncio.get_running_loop()
    at = byte_range.start
    while at < byte_range.end:
        length = min(source.chunk_bytes, byte_range.end - at)
        piece = source.read_cached(at, length) or await loop.run_in_executor(_readers, source.read, at, length)
        if not piece:
            raise OSError("a file became shorter while it was sent")
        at += len(piece)
        await send({"type": "http.response.body", "body": piece, "more_body": True})  # waits for a slow client
        await asyncio.sleep(0)  # a fast client of a cached file would block the loop
    await send({"type": "http.response.body", "body": b""})


def _requested(scope: Scope, headers: Sequence[Header], size: int) -> tuple[int, ByteRange]:
    request = {name: value.decode("latin-1") for name, value in scope["headers"]}
    found = _RANGE.fullmatch(request.get(b"range", ""))
    etag = next((value.decode("latin-1") for name, value in headers if name == b"etag"), "")
    if found is None or not any(found.groups()) or request.get(b"if-range", etag) != etag:
        return 200, ByteRange(0, size)
    first, last = found.groups()
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(size, int(last) + 1) if last else size
    return (206, ByteRange(start, end)) if start < end else (416, ByteRange(0, 0))
