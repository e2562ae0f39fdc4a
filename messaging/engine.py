"""What runs beside the requests in a server process: hub, watch, presence and writer."""

import asyncio

from accounts.presence import Presence
from live.envelope import Envelope, encoded
from live.hub import Hub, get_hub
from live.topics import everyone
from messaging.watch import Watch
from messaging.writer import Writer

CLOSING_SECONDS = 5.0


class Engine:
    """Belongs to one event loop; made by `get_engine` on it."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.hub: Hub = get_hub()
        self.hub.start()
        self.watch = Watch(self.hub)
        self.writer = Writer()
        self.presence = Presence(self._tell_presence)
        self.is_closing = False

    def _tell_presence(self, online: list[int], offline: list[int]) -> None:
        event = {"type": "presence", "online": online, "offline": offline}
        self.hub.deliver(Envelope(topic=everyone, text=encoded(event)))

    async def announce_closing(self, reason: str, retry_after: float) -> None:
        """Tell every page that the server stops, take no new posts, and finish those that were taken."""
        self.is_closing = True
        event = {"type": "server.closing", "reason": reason, "retry_after": retry_after}
        self.hub.deliver(Envelope(topic=everyone, text=encoded(event)))
        async with asyncio.timeout(CLOSING_SECONDS):
            await self.writer.finish()

    async def stop(self) -> None:
        await self.writer.stop()
        await self.watch.stop()
        await self.presence.stop()
        await self.hub.stop()


_engine: Engine | None = None


def get_engine() -> Engine:
    """The engine of the running loop, started on first use: Daphne has no lifespan to start it by."""
    global _engine
    if _engine is None or _engine.loop is not asyncio.get_running_loop():
        _engine = Engine()
    return _engine


async def start() -> None:
    get_engine()


async def stop() -> None:
    global _engine
    if _engine is not None:
        engine, _engine = _engine, None
        await engine.stop()


async def announce_closing(reason: str = "The server is being restarted.", retry_after: float = 2.0) -> None:
    """Does nothing where no engine runs. Raises TimeoutError when posts could not be finished in time."""
    if _engine is not None:
        await _engine.announce_closing(reason, retry_after)
