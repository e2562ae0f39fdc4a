"""Turns of requests to the same host."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class HostTurns:
    """Lets some requests to each host run at a time. The others wait, without holding up those to other hosts."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._semaphores: dict[str, asyncio.Semaphore] = {}
        self._users: dict[str, int] = {}

    @asynccontextmanager
    async def of(self, host: str) -> AsyncIterator[None]:
        semaphore = self._semaphores.setdefault(host, asyncio.Semaphore(self._most))
        self._users[host] = self._users.get(host, 0) + 1
        try:
            async with semaphore:
                yield
        finally:
            self._users[host] -= 1
            if not self._users[host]:
                del self._users[host], self._semaphores[host]
