"""Many clients of a server."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from time import perf_counter
from types import TracebackType
from typing import Self

from bench.client import Client, PeerError
from bench.delivery_tracker import DeliveryTracker
from bench.protocols import Participant, Protocol

OPEN_SECONDS = 120
REST_SECONDS = 1.5  # without a frame; presence is sent once per second
AT_ONCE = 64


class ClientGroup:
    """A group of clients. `async with` opens a socket for each participant, distributed over the ports."""

    def __init__(
        self, protocol: Protocol, ports: list[int], participants: Iterable[Participant], *, at_once: int = AT_ONCE
    ) -> None:
        self.trackers: dict[int, DeliveryTracker] = defaultdict(DeliveryTracker)
        self.ports, self._dialect, self._seats = ports, protocol, list(participants)
        self._at_once = asyncio.Semaphore(at_once)
        self.clients: list[Client] = []

    async def __aenter__(self) -> Self:
        begun = perf_counter()
        async with asyncio.timeout(OPEN_SECONDS):
            self.clients = await asyncio.gather(*map(self._open, range(len(self._seats))))
        self.opened_in = perf_counter() - begun
        return self

    async def __aexit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for client in self.clients:
            client.transport.abort()
        await asyncio.sleep(0)  # the transports close in the next iteration of the event loop

    async def rest(self) -> None:
        """Wait until no frame has arrived for REST_SECONDS."""
        async with asyncio.timeout(OPEN_SECONDS):
            while (silence := perf_counter() - self._last_received_at()) < REST_SECONDS:  # noqa: ASYNC110 (silence has no event)
                await asyncio.sleep(REST_SECONDS - silence)

    def check(self) -> None:
        """Raise PeerError if any client failed."""
        failures = [client.failure for client in self.clients if client.failure]
        if failures:
            raise PeerError(f"{len(failures)} of {len(self.clients)} sockets failed, the first: {failures[0]}")

    async def _open(self, place: int) -> Client:
        participant, port = self._seats[place], self.ports[place % len(self.ports)]
        handshake = self._dialect.handshake(participant, port)
        async with self._at_once:
            _, client = await asyncio.get_running_loop().create_connection(
                lambda: Client(self._dialect, participant, self.trackers[participant.room], handshake),
                "127.0.0.1",
                port,
            )
            await client.ready
        return client

    def _last_received_at(self) -> float:
        return max(client.last_received_at for client in self.clients)
