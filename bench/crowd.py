"""Many sockets on one server: opened, brought to rest, and made to post."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from time import perf_counter
from types import TracebackType
from typing import Self

from bench.client import Broken, Line
from bench.delivery_tracker import Tally
from bench.protocols import Dialect, Seat

OPEN_SECONDS = 120
REST_SECONDS = 1.5  # without a frame: presence is told once a second
AT_ONCE = 64


class Crowd:
    """`async with` opens a socket for each seat; seats are dealt out over the ports."""

    def __init__(self, dialect: Dialect, ports: list[int], seats: Iterable[Seat], *, at_once: int = AT_ONCE) -> None:
        self.tallies: dict[int, Tally] = defaultdict(Tally)
        self.ports, self._dialect, self._seats = ports, dialect, list(seats)
        self._at_once = asyncio.Semaphore(at_once)
        self.lines: list[Line] = []

    async def __aenter__(self) -> Self:
        begun = perf_counter()
        async with asyncio.timeout(OPEN_SECONDS):
            self.lines = await asyncio.gather(*map(self._open, range(len(self._seats))))
        self.opened_in = perf_counter() - begun
        return self

    async def __aexit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for line in self.lines:
            line.transport.abort()
        await asyncio.sleep(0)  # the transports close on the next turn of the loop

    async def rest(self) -> None:
        """Wait until nothing has come for a while."""
        async with asyncio.timeout(OPEN_SECONDS):
            while (quiet := perf_counter() - self._heard_at()) < REST_SECONDS:  # noqa: ASYNC110 (quiet has no event)
                await asyncio.sleep(REST_SECONDS - quiet)

    def check(self) -> None:
        """Raise Broken when a line is not to be relied on any more."""
        failures = [line.failure for line in self.lines if line.failure]
        if failures:
            raise Broken(f"{len(failures)} of {len(self.lines)} sockets failed, the first: {failures[0]}")

    async def _open(self, place: int) -> Line:
        seat, port = self._seats[place], self.ports[place % len(self.ports)]
        handshake = self._dialect.handshake(seat, port)
        async with self._at_once:
            _, line = await asyncio.get_running_loop().create_connection(
                lambda: Line(self._dialect, seat, self.tallies[seat.room], handshake), "127.0.0.1", port
            )
            await line.ready
        return line

    def _heard_at(self) -> float:
        return max(line.heard_at for line in self.lines)
