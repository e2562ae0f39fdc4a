"""What is done to a server that runs, and what is measured there."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median, quantiles
from time import perf_counter, process_time

from bench.client import Line
from bench.crowd import Crowd
from bench.files import fetched_bytes, moving, until_sent
from bench.machine import cpu_seconds, memory_bytes
from bench.pages import read_pages
from bench.posting import Poster, keep_posting, post_alone, post_steadily
from bench.profiling import profiled
from bench.servers import Served

EVERY = 0.1  # seconds between posts where there are ten a second
CLIENTS = 16
PAUSE = 0.02  # between two posts of one person
PER_CPU_SECOND = "deliveries in a CPU second of the busiest process"
FIRST_SOCKETS = 100  # opened before memory is measured: what the first ones cost is not theirs


@dataclass
class Outcome:
    """Figures by name, the shares of a core that server and generator used, and what must be said about it."""

    figures: dict[str, float] = field(default_factory=dict)
    used: list[float] = field(default_factory=list)  # CPU seconds of each server process
    server_share: float = 0.0
    load_share: float = 0.0
    stored: int = 0
    notes: list[str] = field(default_factory=list)


@contextmanager
def watched(served: Served, outcome: Outcome) -> Iterator[None]:
    """Count the CPU time that is used in the block; profile it where that is asked for."""
    with profiled(served):
        begun, used, own = perf_counter(), cpu_seconds(served.processes), process_time()
        yield
        seconds = perf_counter() - begun
    outcome.used = [after - before for after, before in zip(cpu_seconds(served.processes), used, strict=True)]
    outcome.server_share = sum(outcome.used) / seconds
    outcome.load_share = (process_time() - own) / seconds


async def fan_out(served: Served, *, posters: int, in_flight: int, warm_up: float, seconds: float) -> Outcome:
    """Deliveries per second, of messages that every member of the room has; acknowledged posts per second."""
    outcome = Outcome()
    async with Crowd(served.dialect, served.ports, served.seats) as crowd:
        await crowd.rest()
        people = [Poster(line, place, in_flight) for place, line in enumerate(_spread(crowd, posters))]
        with watched(served, outcome):
            window = await keep_posting(crowd, people, warm_up=warm_up, seconds=seconds)
    outcome.stored = window.stored
    outcome.figures["deliveries/s"] = window.deliveries / window.seconds
    outcome.figures["posts/s"] = window.posts / window.posting_seconds
    return outcome


def _spread(crowd: Crowd, count: int) -> list[Line]:
    """Lines from all over the crowd, and from every server of it in turn."""
    step = max(1, len(crowd.lines) // count)
    return [crowd.lines[place * step + place % min(step, len(crowd.ports))] for place in range(count)]


async def several_processes(served: Served, *, posters: int, warm_up: float, seconds: float) -> Outcome:
    """The same, and how much a process delivers in a second of its own CPU time, the busiest of them."""
    outcome = await fan_out(served, posters=posters, in_flight=8, warm_up=warm_up, seconds=seconds)
    outcome.figures[PER_CPU_SECOND] = outcome.stored * len(served.seats) / max(outcome.used)
    return outcome


async def latency(served: Served, *, seconds: float) -> Outcome:
    """Ten posts a second into one room: from the sending until the last member has it."""
    outcome = Outcome()
    async with Crowd(served.dialect, served.ports, served.seats) as crowd:
        await crowd.rest()
        warm = await post_steadily(crowd, crowd.lines[0], every=EVERY, seconds=1)
        with watched(served, outcome):
            times = await post_steadily(crowd, crowd.lines[0], every=EVERY, seconds=seconds)
    outcome.stored = len(warm) + len(times)
    outcome.figures.update(_milliseconds(times))
    return outcome


async def acknowledgement(served: Served, *, count: int) -> Outcome:
    """One socket, one post at a time: from the sending until it is acknowledged."""
    outcome = Outcome(stored=count + 10)
    async with Crowd(served.dialect, served.ports, served.seats) as crowd:
        await crowd.rest()
        await post_alone(crowd.lines[0], 10)
        with watched(served, outcome):
            times = await post_alone(crowd.lines[0], count)
    outcome.figures.update(_milliseconds(times))
    return outcome


async def idle_sockets(served: Served, *, broadcasts: int = 5) -> Outcome:
    """Memory for each socket that does nothing, and how soon a message is with all of them."""
    outcome = Outcome(stored=broadcasts)
    first, others = served.seats[:FIRST_SOCKETS], served.seats[FIRST_SOCKETS:]
    async with Crowd(served.dialect, served.ports, first) as few:
        await few.rest()
        before = memory_bytes(served.processes[0])
        async with Crowd(served.dialect, served.ports, others) as crowd:
            await crowd.rest()
            grown = memory_bytes(served.processes[0]) - before
            with watched(served, outcome):
                times = await post_steadily(crowd, crowd.lines[0], every=1.0, seconds=broadcasts)
    outcome.figures["KB per socket"] = grown / len(others) / 1024
    outcome.figures["ms until all have it"] = median(times) * 1000
    return outcome


async def connecting(served: Served) -> Outcome:
    """All sockets at once, until each was welcomed."""
    outcome = Outcome()
    crowd = Crowd(served.dialect, served.ports, served.seats, at_once=len(served.seats))
    with watched(served, outcome):
        await crowd.__aenter__()
    await crowd.__aexit__(None, None, None)
    outcome.figures["sockets/s"] = len(crowd.lines) / crowd.opened_in
    return outcome


async def page_reading(served: Served, *, seconds: float) -> Outcome:
    """A room's page, read by 16 clients, while somebody posts ten times a second into that room."""
    outcome = Outcome()
    writer, readers, path = served.seats[0], served.seats[1 : CLIENTS + 1], f"/rooms/{served.seats[0].room}/"
    async with Crowd(served.dialect, served.ports, [writer]) as crowd:
        await crowd.rest()
        await read_pages(served.ports[0], path, readers, 1)
        with watched(served, outcome):
            posting = asyncio.create_task(post_steadily(crowd, crowd.lines[0], every=EVERY, seconds=seconds))
            times = await read_pages(served.ports[0], path, readers, seconds)
            posts = await posting
    outcome.stored = served.stored + len(posts)
    outcome.figures["pages/s"] = len(times) / seconds
    outcome.figures["page p50 ms"] = median(times) * 1000
    outcome.figures["post p99 ms"] = _milliseconds(posts)["p99 ms"]
    return outcome


async def beside_files(served: Served, *, size: int, idle: int) -> Outcome:
    """One post at a time: alone, and while a file of `size` bytes comes in and ten others leave."""
    outcome = Outcome()
    async with Crowd(served.dialect, served.ports, served.seats) as crowd:
        await crowd.rest()
        line = crowd.lines[0]
        alone = (await post_alone(line, 10 + idle, pause=PAUSE))[10:]
        before = memory_bytes(served.processes[0])
        with moving(served, size) as (sender, readers), watched(served, outcome):
            begun = perf_counter()
            sent = asyncio.create_task(until_sent(sender))
            times, grown = [], 0
            while not sent.done():
                times += await post_alone(line, 10, pause=PAUSE)
                grown = max(grown, memory_bytes(served.processes[0]) - before)
            await sent
            seconds = perf_counter() - begun
    outcome.stored = 10 + idle + len(times)
    outcome.figures.update(_milliseconds(times))
    outcome.figures["p99 ms alone"] = _milliseconds(alone)["p99 ms"]
    outcome.figures["MB grown"] = grown / 1_000_000
    outcome.figures["MB/s in"] = size / 1_000_000 / seconds
    outcome.figures["MB/s out"] = fetched_bytes(readers) / 1_000_000 / seconds
    return outcome


def _milliseconds(times: list[float]) -> dict[str, float]:
    return {"p50 ms": median(times) * 1000, "p99 ms": quantiles(times, n=100, method="inclusive")[98] * 1000}
