"""Connects to hosts at addresses that were checked, so that a name can't mean another one by then."""

import asyncio
import socket
from collections.abc import Iterable
from concurrent.futures import Future
from functools import partial

import httpcore

from outbound.guard import Guard
from outbound.threads import DaemonThreads

LOOKUPS = 64  # threads that wait for the name service
ADDRESSES = 4  # of a host that are tried
ADDRESS_SECONDS = 3.0


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Looks up a host once, and connects to what was found. TLS verifies the name nevertheless."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._backend = httpcore.AnyIOBackend()
        self._lookups = DaemonThreads(LOOKUPS, "lookup")

    def stop(self) -> None:
        self._lookups.stop()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to one of the addresses of a host, all of which must be allowed. Raises NotAllowed."""
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in await self._addresses(host, port):
            try:
                return await self._backend.connect_tcp(address, port, ADDRESS_SECONDS)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def _addresses(self, host: str, port: int) -> list[str]:
        found: Future[list[str]] = Future()
        self._lookups.submit(partial(_look_up, host, port, found))
        try:
            addresses = await asyncio.wrap_future(found)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(
                f"{host} can't be looked up: {getattr(error, 'strerror', None) or error}"
            ) from error
        for address in addresses:
            self._guard.check_address(host, port, address)
        return addresses[:ADDRESSES]


def _look_up(host: str, port: int, found: "Future[list[str]]") -> None:
    if not found.set_running_or_notify_cancel():
        return
    try:
        rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        found.set_result(list(dict.fromkeys(str(row[4][0]) for row in rows)))
    except Exception as error:
        found.set_exception(error)
