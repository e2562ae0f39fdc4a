"""Applies a load to a running server and measures it."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median, quantiles
from time import perf_counter, process_time

from bench.client import Client
from bench.crowd import ClientGroup
from bench.files import downloaded_bytes, transfers, wait_until_sent
from bench.machine import cpu_seconds, memory_bytes
from bench.pages import read_pages
from bench.posting import Poster, keep_posting, post_alone, post_steadily
from bench.profiling import profiled
from bench.servers import RunningServer

EVERY = 0.1  # seconds between posts at ten posts per second
CLIENTS = 16
PAUSE = 0.02  # between two posts by a user
PER_CPU_SECOND = "deliveries in a CPU second of the busiest process"
FIRST_SOCKETS = 100  # opened before memory is measured, because they incur one-time costs


@dataclass
class Outcome:
    """Figures by name, the shares of a core used by the server and the load generator, and notes."""

    figures: dict[str, float] = field(default_factory=dict)
    used: list[float] = field(default_factory=list)  # CPU seconds of each server process
    server_share: float = 0.0
    load_share: float = 0.0
    stored: int = 0
    notes: list[str] = field(default_factory=list)


@contextmanager
def measured(server: RunningServer, outcome: Outcome) -> Iterator[None]:
    """Measure the CPU time used in the block, and profile it if requested."""
    with profiled(server):
        begun, used, own = perf_counter(), cpu_seconds(server.processes), process_time()
        yield
        seconds = perf_counter() - begun
    outcome.used = [after - before for after, before in zip(cpu_seconds(server.processes), used, strict=True)]
    outcome.server_share = sum(outcome.used) / seconds
    outcome.load_share = (process_time() - own) / seconds


async def fan_out(server: RunningServer, *, posters: int, in_flight: int, warm_up: float, seconds: float) -> Outcome:
    """Measure acknowledged posts per second, and deliveries per second of messages that all members received."""
    outcome = Outcome()
    async with ClientGroup(server.protocol, server.ports, server.participants) as crowd:
        await crowd.rest()
        people = [Poster(client, place, in_flight) for place, client in enumerate(_spread(crowd, posters))]
        with measured(server, outcome):
            window = await keep_posting(crowd, people, warm_up=warm_up, seconds=seconds)
    outcome.stored = window.stored
    outcome.figures["deliveries/s"] = window.deliveries / window.seconds
    outcome.figures["posts/s"] = window.posts / window.posting_seconds
    return outcome


def _spread(crowd: ClientGroup, count: int) -> list[Client]:
    """Choose clients that are spread over the group and its servers."""
    step = max(1, len(crowd.clients) // count)
    return [crowd.clients[place * step + place % min(step, len(crowd.ports))] for place in range(count)]


async def several_processes(
    server: RunningServer, *, posters: int, in_flight: int, warm_up: float, seconds: float
) -> Outcome:
    """Measure `fan_out` and the deliveries per CPU second of the busiest process, in rooms of equal size."""
    outcome = await fan_out(server, posters=posters, in_flight=in_flight, warm_up=warm_up, seconds=seconds)
    members = len(server.participants) / len({participant.room for participant in server.participants})
    outcome.figures[PER_CPU_SECOND] = outcome.stored * members / max(outcome.used)
    return outcome


async def latency(server: RunningServer, *, seconds: float) -> Outcome:
    """Post ten times per second to a room, and measure the time until the last member has received each post."""
    outcome = Outcome()
    async with ClientGroup(server.protocol, server.ports, server.participants) as crowd:
        await crowd.rest()
        warm = await post_steadily(crowd, crowd.clients[0], every=EVERY, seconds=1)
        with measured(server, outcome):
            times = await post_steadily(crowd, crowd.clients[0], every=EVERY, seconds=seconds)
    outcome.stored = len(warm) + len(times)
    outcome.figures.update(_milliseconds(times))
    return outcome


async def acknowledgement(server: RunningServer, *, count: int) -> Outcome:
    """Post one at a time from a single socket, and measure the time until each post is acknowledged."""
    outcome = Outcome(stored=count + 10)
    async with ClientGroup(server.protocol, server.ports, server.participants) as crowd:
        await crowd.rest()
        await post_alone(crowd.clients[0], 10)
        with measured(server, outcome):
            times = await post_alone(crowd.clients[0], count)
    outcome.figures.update(_milliseconds(times))
    return outcome


async def idle_sockets(server: RunningServer, *, broadcasts: int = 5) -> Outcome:
    """Measure the memory of an idle socket, and the time until all sockets have received a message."""
    outcome = Outcome(stored=broadcasts)
    first, others = server.participants[:FIRST_SOCKETS], server.participants[FIRST_SOCKETS:]
    async with ClientGroup(server.protocol, server.ports, first) as few:
        await few.rest()
        before = memory_bytes(server.processes[0])
        async with ClientGroup(server.protocol, server.ports, others) as crowd:
            await crowd.rest()
            grown = memory_bytes(server.processes[0]) - before
            with measured(server, outcome):
                times = await post_steadily(crowd, crowd.clients[0], every=1.0, seconds=broadcasts)
    outcome.figures["KB per socket"] = grown / len(others) / 1024
    outcome.figures["ms until all have it"] = median(times) * 1000
    return outcome


async def connecting(server: RunningServer) -> Outcome:
    """Open all sockets simultaneously, and measure the time until each is welcomed."""
    outcome = Outcome()
    crowd = ClientGroup(server.protocol, server.ports, server.participants, at_once=len(server.participants))
    with measured(server, outcome):
        await crowd.__aenter__()
    await crowd.__aexit__(None, None, None)
    outcome.figures["sockets/s"] = len(crowd.clients) / crowd.opened_in
    return outcome


async def connected(server: RunningServer, *, posters: int, in_flight: int, warm_up: float, seconds: float) -> Outcome:
    """Measure the CPU time and memory of connections, and `several_processes`."""
    [before] = cpu_seconds(server.processes)
    grown = memory_bytes(server.processes[0])
    async with ClientGroup(server.protocol, server.ports, server.participants) as crowd:
        await crowd.rest()
        [opened] = cpu_seconds(server.processes)
        grown = memory_bytes(server.processes[0]) - grown
    outcome = await several_processes(server, posters=posters, in_flight=in_flight, warm_up=warm_up, seconds=seconds)
    outcome.figures["CPU ms to connect"] = (opened - before) / len(server.participants) * 1000
    outcome.figures["KB per socket"] = grown / len(server.participants) / 1024
    return outcome


async def page_reading(server: RunningServer, *, seconds: float) -> Outcome:
    """Load a room page with 16 clients while another client posts ten times per second."""
    outcome = Outcome()
    writer, readers, path = (
        server.participants[0],
        server.participants[1 : CLIENTS + 1],
        f"/rooms/{server.participants[0].room}/",
    )
    async with ClientGroup(server.protocol, server.ports, [writer]) as crowd:
        await crowd.rest()
        await read_pages(server.ports[0], path, readers, 1)
        with measured(server, outcome):
            posting = asyncio.create_task(post_steadily(crowd, crowd.clients[0], every=EVERY, seconds=seconds))
            times = await read_pages(server.ports[0], path, readers, seconds)
            posts = await posting
    outcome.stored = server.stored + len(posts)
    outcome.figures["pages/s"] = len(times) / seconds
    outcome.figures["page p50 ms"] = median(times) * 1000
    outcome.figures["post p99 ms"] = _milliseconds(posts)["p99 ms"]
    return outcome


async def beside_files(server: RunningServer, *, size: int, idle: int) -> Outcome:
    """Post one at a time, first alone and then while a file of `size` bytes is uploaded and ten are downloaded."""
    outcome = Outcome()
    async with ClientGroup(server.protocol, server.ports, server.participants) as crowd:
        await crowd.rest()
        client = crowd.clients[0]
        alone = (await post_alone(client, 10 + idle, pause=PAUSE))[10:]
        before = memory_bytes(server.processes[0])
        with transfers(server, size) as (sender, readers), measured(server, outcome):
            begun = perf_counter()
            sent = asyncio.create_task(wait_until_sent(sender))
            times, grown = [], 0
            while not sent.done():
                times += await post_alone(client, 10, pause=PAUSE)
                grown = max(grown, memory_bytes(server.processes[0]) - before)
            await sent
            seconds = perf_counter() - begun
    outcome.stored = 10 + idle + len(times)
    outcome.figures.update(_milliseconds(times))
    outcome.figures["p99 ms alone"] = _milliseconds(alone)["p99 ms"]
    outcome.figures["MB grown"] = grown / 1_000_000
    outcome.figures["MB/s in"] = size / 1_000_000 / seconds
    outcome.figures["MB/s out"] = downloaded_bytes(readers) / 1_000_000 / seconds
    return outcome


def _milliseconds(times: list[float]) -> dict[str, float]:
    return {"p50 ms": median(times) * 1000, "p99 ms": quantiles(times, n=100, method="inclusive")[98] * 1000}
