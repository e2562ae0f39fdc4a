"""What runs beside the requests in a server process."""

import asyncio

from django.conf import settings

from accounts.lifecycle.retention import prune_daily
from accounts.models import User
from accounts.presence.tracker import PresenceTracker
from live import metrics
from live.batcher import Batcher
from live.envelope import Event
from live.hub import Hub, get_hub
from live.rate_limit import TokenBuckets
from live.topics import everyone
from messaging.history import redaction
from messaging.moderation.eraser import Eraser
from messaging.posting.writer import Writer
from messaging.runtime.presence_events import PresenceBroadcaster
from messaging.runtime.reconciler import Reconciler
from messaging.runtime.welcome import Handshakes
from messaging.uploads.receiver import Intake
from messaging.uploads.sweeper import Sweeper
from rooms.read_markers import ReadMarker, mark_read

CLOSING_SECONDS = 5.0


class Engine:
    """Belongs to one event loop; made by `get_engine` on it."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.hub: Hub = get_hub()
        self.hub.redact = redaction.redacted
        self.hub.start()
        self.reception = Handshakes()
        self.watch = Reconciler(self.hub)
        self.writer = Writer()
        self.reads: Batcher[ReadMarker, int] = Batcher(mark_read, name="reads", limit=500)
        self.rates = TokenBuckets(settings.CHAT_RATE, settings.CHAT_BURST)
        self.presence = PresenceTracker(PresenceBroadcaster(self.hub).tell)
        self.eraser = Eraser()
        self.intake = Intake()
        self.sweeper = Sweeper()
        self.is_closing = False
        self._lag = asyncio.create_task(metrics.measure_lag())
        self._pruning = asyncio.create_task(prune_daily())

    def why_full(self, user: User) -> str:
        """Why there is no place for this person's socket, or nothing. Too many people do not keep staff out."""
        if self.hub.count(everyone) >= settings.CHAT_MAX_CONNECTIONS:
            return "The server has reached its connection limit."
        if settings.CHAT_MAX_USERS and not user.is_staff:
            others = self.presence.online_user_ids() - {user.pk}
            if len(others) >= settings.CHAT_MAX_USERS:
                return f"The site is full ({settings.CHAT_MAX_USERS} people online)."
        return ""

    async def announce_closing(self, reason: str, retry_after: float) -> None:
        """Tell every page that the server stops, take no new posts, and finish those that were taken."""
        self.is_closing = True
        event = {"type": "server.closing", "reason": reason, "retry_after": retry_after}
        self.hub.deliver(Event.of(everyone, event))
        async with asyncio.timeout(CLOSING_SECONDS):
            await self.writer.finish()
            await self.reads.finish()

    async def stop(self) -> None:
        self._lag.cancel()
        self._pruning.cancel()
        self.reception.stop()
        self.reads.stop()
        await self.writer.stop()
        await self.eraser.stop()
        await self.intake.stop()
        await self.sweeper.stop()
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


async def announce_closing(reason: str = "The server is restarting.", retry_after: float = 2.0) -> None:
    """Does nothing where no engine runs. Raises TimeoutError when posts could not be finished in time."""
    if _engine is not None:
        await _engine.announce_closing(reason, retry_after)
