"""Tracks when the last member of a room received each message."""

from collections import defaultdict
from time import perf_counter
from typing import NamedTuple


class Frame(NamedTuple):
    """A complete frame that moves a socket to the position `to`."""

    raw: bytes
    size: int
    to: int


class DeliveryTracker:
    """Tracks the sockets of a room. A position is the number of the last message that a socket has received.

    The sockets of a room mostly receive the same bytes. Each distinct frame is parsed once. When another socket
    receives the same frame, comparing the whole frame is enough to find its new position.
    """

    def __init__(self) -> None:
        self.members = 0
        self.low = 0  # all members have received all messages up to here
        self.complete_at: dict[int, float] = {}
        self.known: dict[int, list[Frame]] = {}
        self._at: dict[int, int] = defaultdict(int)

    def join(self, position: int) -> None:
        self.low = position if not self.members else min(self.low, position)
        self.members += 1
        self._at[position] += 1

    def move(self, since: int, to: int) -> None:
        at = self._at
        at[since] -= 1
        at[to] += 1
        if since == self.low and not at[since]:
            self._rise()

    def learn(self, position: int, raw: bytes, to: int) -> None:
        self.known.setdefault(position, []).append(Frame(raw, len(raw), to))

    def _rise(self) -> None:
        now = perf_counter()
        while not self._at[self.low]:
            del self._at[self.low]
            self.known.pop(self.low, None)
            self.low += 1
            self.complete_at[self.low] = now
