"""The workloads: who is measured, at what, and what must be reached."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial

from bench import scenarios
from bench.chatsite import chatsite
from bench.scenarios import Outcome
from bench.served import People, Served, bare
from bench.targets import AtLeast, AtMost, Target, Times

Serve = Callable[[People], AbstractContextManager[Served]]


@dataclass(frozen=True)
class Pace:
    rounds: int = 3
    seconds: float = 5.0
    warm_up: float = 1.0


FULL, QUICK = Pace(), Pace(rounds=1, seconds=2.0)


@dataclass(frozen=True)
class Workload:
    name: str
    says: str
    people: People
    peers: Mapping[str, Serve]
    measure: Callable[[Served, Pace], Awaitable[Outcome]]
    targets: list[Target] = field(default_factory=list)


def _fan_out(posters: int, served: Served, pace: Pace) -> Awaitable[Outcome]:
    return scenarios.fan_out(served, posters=posters, in_flight=8, warm_up=pace.warm_up, seconds=pace.seconds)


def _latency(served: Served, pace: Pace) -> Awaitable[Outcome]:
    return scenarios.latency(served, seconds=pace.seconds)


OURS: Mapping[str, Serve] = {"chatsite": chatsite}
BARE: Mapping[str, Serve] = {"bare": bare}

WORKLOADS = [
    Workload(
        "one-poster-500",
        "one room, 500 sockets, 8 posts in flight",
        People(500),
        {**OURS, **BARE},
        partial(_fan_out, 1),
        [Times("deliveries/s", 0.5, ("bare",))],
    ),
    Workload(
        "ten-posters-500",
        "one room, 500 sockets, 10 posters × 8 in flight",
        People(500),
        {**OURS, **BARE},
        partial(_fan_out, 10),
        [Times("deliveries/s", 2, ("bare",))],
    ),
    Workload(
        "one-room-1000",
        "one room, 1,000 sockets, 10 posters × 8 in flight",
        People(1000),
        {**OURS},
        partial(_fan_out, 10),
        [AtLeast("deliveries/s", 683_000)],
    ),
    Workload(
        "latency-1000",
        "1,000 sockets, 10 posts/s: from the post until all have it",
        People(1000),
        {**OURS},
        _latency,
        [AtMost("p50 ms", 15), AtMost("p99 ms", 40)],
    ),
]
