"""Searches over HTTP, one request at a time, and measures how long each takes."""

import asyncio
import json
from collections.abc import Sequence
from statistics import quantiles
from time import perf_counter
from urllib.parse import urlencode

from bench.client import PeerError
from bench.database import query
from bench.machine import cpu_seconds
from bench.protocols import Participant
from bench.scenarios import Outcome, measured
from bench.search_texts import searches
from bench.servers import RunningServer

GROUPS = {"in 1 room": range(10), "in 20 rooms": range(10, 20), "in 500 rooms": range(20, 30)}
WARMING_UP = (30, 40)
INDEX_SIZE = {
    True: "SELECT SUM(pgsize) FROM dbstat WHERE name LIKE '%messaging_search%'",
    False: "SELECT pg_total_relation_size('messaging_search') + pg_total_relation_size('messaging_searchword')",
}
MESSAGES_SIZE = {
    True: "SELECT SUM(pgsize) FROM dbstat WHERE name LIKE 'messaging_message%' OR name LIKE 'message_%'",
    False: "SELECT pg_total_relation_size('messaging_message')",
}


async def measure(server: RunningServer) -> Outcome:
    """Make each participant search for everything, once. The rate limit allows no more."""
    outcome = Outcome(stored=server.stored)
    people = server.participants
    await _search(server.ports[0], [people[number] for number in WARMING_UP])
    with measured(server, outcome):
        for name, numbers in GROUPS.items():
            begun = sum(cpu_seconds(server.processes))
            times = await _search(server.ports[0], [people[number] for number in numbers])
            percentiles = quantiles(times, n=100)
            outcome.figures[f"{name}: p50 ms"] = percentiles[49] * 1000
            outcome.figures[f"{name}: p95 ms"] = percentiles[94] * 1000
            used = sum(cpu_seconds(server.processes)) - begun
            outcome.figures[f"{name}: CPU ms of the server, mean"] = used / len(times) * 1000
    is_sqlite = not isinstance(server.database, str)
    outcome.figures["index MB"] = query(server, INDEX_SIZE[is_sqlite]) / 1e6
    outcome.figures["messages MB"] = query(server, MESSAGES_SIZE[is_sqlite]) / 1e6
    return outcome


async def _search(port: int, participants: Sequence[Participant]) -> list[float]:
    return [time for each in participants for time in await _search_as(port, each)]


async def _search_as(port: int, participant: Participant) -> list[float]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 22)
    headers = f"Host: 127.0.0.1:{port}\r\nCookie: sessionid={participant.cookie}\r\nAccept: application/json\r\n"
    times = []
    for text, order in searches():
        path = f"/search/messages/?{urlencode({'q': text, 'order': order})}"
        begun = perf_counter()
        writer.write(f"GET {path} HTTP/1.1\r\n{headers}\r\n".encode())
        body = await _read_body(reader)
        times.append(perf_counter() - begun)
        json.loads(body)
    writer.close()
    return times


async def _read_body(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise PeerError(f"a search was answered with {head[:60]!r}")
    lengths = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return await reader.readexactly(int(lengths[0]))
