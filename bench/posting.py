"""Posts at full speed or at a fixed rate, and measures delivery times."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

from bench.client import Client
from bench.crowd import ClientGroup

WORDS = (
    "The quick brown fox jumps over the lazy dog while the small gray cat looks on from the window of an old house "
    "near the harbour, and nobody who walks by in the rain seems to notice either of them at all today, not even once"
)
DRAIN_SECONDS = 120


def body(number: int) -> str:
    """Return 200 characters that differ for each number."""
    return f"{number:07d} {WORDS}"[:200]


class Poster:
    """Keeps `in_flight` posts unacknowledged until it is stopped."""

    def __init__(self, client: Client, place: int, in_flight: int) -> None:
        self.client, self.in_flight = client, in_flight
        self.sent = self.acked = 0
        self._first = place * 100_000
        self._is_posting = False
        client.on_ack = self._on_ack

    def start(self) -> None:
        self._is_posting = True
        for _ in range(self.in_flight):
            self._post()

    def stop(self) -> None:
        self._is_posting = False

    def _post(self) -> None:
        self.sent += 1
        self.client.post(str(self._first + self.sent), body(self._first + self.sent))

    def _on_ack(self, ref: str) -> None:
        self.acked += 1
        if self._is_posting:
            self._post()


@dataclass
class Window:
    """The counts between the end of the warm-up and the arrival of the last message."""

    seconds: float
    deliveries: int  # of messages that all members of the room have received
    posts: int  # acknowledged while posting continued
    posting_seconds: float
    stored: int  # acknowledged in total, including the warm-up


async def keep_posting(crowd: ClientGroup, posters: Sequence[Poster], *, warm_up: float, seconds: float) -> Window:
    for poster in posters:
        poster.start()
    await asyncio.sleep(warm_up)
    begun, had, acked = perf_counter(), _complete(crowd), _acknowledged(posters)
    await asyncio.sleep(seconds)
    stopped, posts = perf_counter(), _acknowledged(posters) - acked
    for poster in posters:
        poster.stop()
    await drain(crowd, sum(poster.sent for poster in posters))
    ended = max(max(tracker.complete_at.values(), default=stopped) for tracker in crowd.trackers.values())
    return Window(ended - begun, _complete(crowd) - had, posts, stopped - begun, _acknowledged(posters))


async def drain(crowd: ClientGroup, messages: int) -> None:
    """Wait until all members have received all messages. Raises TimeoutError."""
    async with asyncio.timeout(DRAIN_SECONDS):
        while sum(len(tracker.complete_at) for tracker in crowd.trackers.values()) < messages:
            crowd.check()
            await asyncio.sleep(0.005)
    crowd.check()


def _complete(crowd: ClientGroup) -> int:
    return sum(tracker.members * len(tracker.complete_at) for tracker in crowd.trackers.values())


def _acknowledged(posters: Sequence[Poster]) -> int:
    return sum(poster.acked for poster in posters)


async def post_steadily(crowd: ClientGroup, client: Client, *, every: float, seconds: float) -> list[float]:
    """Post at a fixed rate. Return the seconds until the last member received each post."""
    tracker, first, had = client.tracker, client.position, len(client.tracker.complete_at)
    sent: list[float] = []
    begun = perf_counter()
    while (due := begun + len(sent) * every) < begun + seconds:
        await asyncio.sleep(max(0, due - perf_counter()))
        sent.append(perf_counter())
        client.post(str(len(sent)), body(len(sent)))
    await drain(crowd, had + len(sent))
    return [tracker.complete_at[first + number] - at for number, at in enumerate(sent, 1)]


async def post_alone(client: Client, count: int, *, pause: float = 0) -> list[float]:
    """Post one at a time, with a pause in between. Return the seconds until each post was acknowledged."""
    times = []
    for number in range(1, count + 1):
        acked = asyncio.Event()
        client.on_ack = lambda ref, acked=acked: acked.set()  # type: ignore[misc]
        begun = perf_counter()
        client.post(str(number), body(number))
        async with asyncio.timeout(DRAIN_SECONDS):
            await acked.wait()
        times.append(perf_counter() - begun)
        if pause:
            await asyncio.sleep(pause)
    return times
