"""HTTP clients, each of which keeps a connection and requests a page again as soon as it has arrived."""

import asyncio
import re
from collections.abc import Sequence
from time import perf_counter

from bench.client import PeerError
from bench.protocols import Participant

LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)


async def read_pages(port: int, path: str, participants: Sequence[Participant], seconds: float) -> list[float]:
    """Make each participant load `path` repeatedly. Return the seconds that each page took."""
    until = perf_counter() + seconds
    times = await asyncio.gather(*(_read_over(port, path, participant, until) for participant in participants))
    return [time for each in times for time in each]


async def _read_over(port: int, path: str, participant: Participant, until: float) -> list[float]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
    # Request compression, like all browsers.
    headers = f"Host: 127.0.0.1:{port}\r\nCookie: sessionid={participant.cookie}\r\nAccept-Encoding: gzip\r\n"
    request = f"GET {path} HTTP/1.1\r\n{headers}\r\n".encode()
    times = []
    while (begun := perf_counter()) < until:
        writer.write(request)
        await _read_page(reader)
        times.append(perf_counter() - begun)
    writer.close()
    return times


async def _read_page(reader: asyncio.StreamReader) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise PeerError(f"the page was answered with {head[:60]!r}")
    if length := LENGTH.search(head):
        await reader.readexactly(int(length[1]))
        return
    while size := int(await reader.readline(), 16):
        await reader.readexactly(size + 2)
    await reader.readline()
