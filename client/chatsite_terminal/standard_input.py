"""The lines of the standard input, whether it is a terminal, a pipe or a file."""

import asyncio
import os
import stat
import sys
from collections.abc import AsyncIterator, Awaitable, Callable

MAX_LINE_BYTES = 64 * 1024


class LineTooLong(Exception):
    """A line has more than 64 KiB."""


async def read_lines() -> AsyncIterator[str]:
    """Yield the lines without their ends. Raises LineTooLong."""
    read = await _waiting_reader() if _can_wait() else _file_reader
    while line := await read():
        yield line.decode(sys.stdin.encoding, errors="replace").rstrip("\r\n")


def _can_wait() -> bool:
    """Return whether the event loop can wait for the input. Files and /dev/null never make anyone wait."""
    mode = os.fstat(sys.stdin.fileno()).st_mode
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or os.isatty(sys.stdin.fileno())


async def _waiting_reader() -> Callable[[], Awaitable[bytes]]:
    reader = asyncio.StreamReader(limit=MAX_LINE_BYTES)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)

    async def read() -> bytes:
        try:
            return await reader.readline()
        except ValueError:
            raise LineTooLong from None

    return read


async def _file_reader() -> bytes:
    line: bytes = await asyncio.to_thread(sys.stdin.buffer.readline, MAX_LINE_BYTES + 1)
    if len(line) > MAX_LINE_BYTES:
        raise LineTooLong
    return line
