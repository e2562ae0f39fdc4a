"""Reads bodies of responses up to a limit, which also applies to what they decompress to."""

import zlib
from collections.abc import AsyncIterable

GZIP_OR_ZLIB = 47  # the window size for zlib, with detection of the format


class InvalidBody(Exception):
    """The body isn't compressed as its header says, or in a way that is not supported."""


async def read_body(pieces: AsyncIterable[bytes], encoding: str, limit: int) -> tuple[bytes, bool]:
    """Return the beginning of a body, and whether that is all of it. Raises InvalidBody."""
    body, inflater = bytearray(), _inflater(encoding)
    async for piece in pieces:
        left = limit + 1 - len(body)
        body += piece[:left] if inflater is None else _inflate(inflater, piece, left)
        if len(body) > limit:
            return bytes(body[:limit]), False
    return bytes(body), inflater is None or inflater.eof or not body


def _inflater(encoding: str) -> "zlib._Decompress | None":
    if encoding in ("", "identity"):
        return None
    if encoding in ("gzip", "x-gzip", "deflate"):
        return zlib.decompressobj(GZIP_OR_ZLIB)
    raise InvalidBody(f"the response is encoded as {encoding[:20]}")


def _inflate(inflater: "zlib._Decompress", piece: bytes, limit: int) -> bytes:
    """Decompress a piece, but no more than `limit` bytes: what is left over then isn't needed."""
    try:
        return inflater.decompress(piece, limit)
    except zlib.error:
        raise InvalidBody("the response isn't compressed as it says") from None
