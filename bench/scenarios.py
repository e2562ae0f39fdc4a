"""What is done to a server that runs, and what is measured there."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median, quantiles
from time import perf_counter, process_time

from bench.crowd import Crowd
from bench.machine import cpu_seconds
from bench.posting import Poster, keep_posting, post_steadily
from bench.profiling import profiled
from bench.served import Served


@dataclass
class Outcome:
    """Figures by name, the shares of a core that server and generator used, and what must be said about it."""

    figures: dict[str, float] = field(default_factory=dict)
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
    outcome.server_share = (sum(cpu_seconds(served.processes)) - sum(used)) / seconds
    outcome.load_share = (process_time() - own) / seconds


async def fan_out(served: Served, *, posters: int, in_flight: int, warm_up: float, seconds: float) -> Outcome:
    """Deliveries per second, of messages that every member of the room has; acknowledged posts per second."""
    outcome = Outcome()
    async with Crowd(served.dialect, served.ports, served.seats) as crowd:
        await crowd.rest()
        step = max(1, len(crowd.lines) // posters)
        people = [Poster(line, place, in_flight) for place, line in enumerate(crowd.lines[::step][:posters])]
        with watched(served, outcome):
            window = await keep_posting(crowd, people, warm_up=warm_up, seconds=seconds)
    outcome.stored = window.stored
    outcome.figures["deliveries/s"] = window.deliveries / window.seconds
    outcome.figures["posts/s"] = window.posts / window.posting_seconds
    return outcome


async def latency(served: Served, *, seconds: float) -> Outcome:
    """Ten posts a second into one room: from the sending until the last member has it."""
    outcome = Outcome()
    async with Crowd(served.dialect, served.ports, served.seats) as crowd:
        await crowd.rest()
        await post_steadily(crowd, crowd.lines[0], every=0.1, seconds=1)
        with watched(served, outcome):
            times = await post_steadily(crowd, crowd.lines[0], every=0.1, seconds=seconds)
    outcome.stored = len(times) + 10
    outcome.figures["p50 ms"] = median(times) * 1000
    outcome.figures["p99 ms"] = quantiles(times, n=100, method="inclusive")[98] * 1000
    return outcome
