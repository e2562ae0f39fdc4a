"""The services that run alongside requests in a server process."""

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

from django.conf import settings

from accounts.lifecycle.retention import prune_daily
from accounts.mail.worker import MailWorker
from accounts.presence.tracker import PresenceTracker
from live import metrics
from live.batcher import Batcher
from live.close_codes import RESTARTING
from live.envelope import Event
from live.hub import Hub, get_hub
from live.periodic import PieceWorker, repeat
from live.rate_limit import TokenBuckets
from live.socket import TYPING_SECONDS, Socket
from live.topics import everyone
from messaging.history import redaction
from messaging.moderation.bulk_delete import BulkDeletionTurns
from messaging.notifications import held_back, notify
from messaging.notifications.emails import delivery as email_delivery
from messaging.notifications.emails import digest
from messaging.notifications.shown import ShownReport, record_shown
from messaging.posting.drafts import DraftChange, store_drafts
from messaging.posting.previews import Previews
from messaging.posting.reactions import ReactionChange, change_reactions
from messaging.posting.writer import Writer
from messaging.push.worker import PushWorker
from messaging.runtime.download_watch import CHECK_SECONDS, DownloadWatch
from messaging.runtime.link_preview_worker import LinkPreviewWorker
from messaging.runtime.presence_events import PresenceBroadcaster
from messaging.runtime.reconciler import Reconciler
from messaging.runtime.slash_commands import NoSlashCommands, SlashCommands
from messaging.runtime.welcome import Handshakes
from messaging.saved.reminders import deliver_next
from messaging.scheduled.delivery import POLL_SECONDS, ScheduledDelivery
from messaging.search import backfill
from messaging.threads import roots
from messaging.uploads.receiver import UploadReceiver
from messaging.uploads.sweeper import Sweeper
from rooms.read_markers import ReadMarker, UnreadMarker, move_markers

CLOSING_SECONDS = 5.0
# Seconds between two batches of reactions. However many users react, a page receives at most ten changes a second.
REACTIONS_PAUSE = 0.1
# Per user and process, because a reaction of a few bytes sends the whole message to everyone in the room.
REACTION_RATE, REACTION_BURST = 1.0, 30
NOTIFYING_SECONDS = 0.5  # between two looks at the rooms with new messages
DRAFTS_PAUSE = 0.2  # between two batches of drafts, which users don’t wait for


class Service(Protocol):
    """A service that runs alongside requests until it is stopped."""

    async def stop(self) -> None: ...


_starters: list[Callable[["Engine"], Service]] = []


def register_service(start: Callable[["Engine"], Service]) -> None:
    """Also run a service of another app. `start` is called with each engine, on its event loop."""
    _starters.append(start)


class Engine:
    """The services of an event loop. Use `get_engine` to create an instance."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.hub: Hub = get_hub()
        self.hub.redact = redaction.redact_envelope
        self.hub.start()
        self.handshakes = Handshakes()
        self.reconciler = Reconciler(self.hub)
        self.writer = Writer()
        self.previews = Previews()
        self.slash_commands: SlashCommands = NoSlashCommands()  # until the service that runs them is started
        self.read_markers: Batcher[ReadMarker | UnreadMarker, int] = Batcher(
            move_markers, name="read-markers", limit=500
        )
        self.reactions: Batcher[ReactionChange, None] = Batcher(
            change_reactions, name="reactions", limit=500, pause=REACTIONS_PAUSE
        )
        self.drafts: Batcher[DraftChange, dict[str, Any]] = Batcher(
            store_drafts, name="drafts", limit=200, pause=DRAFTS_PAUSE
        )
        self.shown_notifications: Batcher[ShownReport, None] = Batcher(record_shown, name="shown", limit=500)
        self.reaction_limits = TokenBuckets(REACTION_RATE, REACTION_BURST)
        self.typing_limits = TokenBuckets(1 / TYPING_SECONDS, 1)  # for clients without a socket
        self.rate_limiter = TokenBuckets(settings.CHAT_RATE, settings.CHAT_BURST)
        self.presence = PresenceTracker(PresenceBroadcaster(self.hub).broadcast)
        self.bulk_deletions = PieceWorker(BulkDeletionTurns().work, name="a bulk deletion")
        self.search_indexer = PieceWorker(backfill.work, name="the indexing of messages")
        self.thread_finder = PieceWorker(roots.work, name="finding the threads of earlier replies")
        self.notifications = PieceWorker(notify.work, name="notifying people", every=NOTIFYING_SECONDS)
        self.held_back = PieceWorker(
            held_back.deliver_next, name="notifying of what was held back", every=held_back.POLL_SECONDS
        )
        self.reminders = PieceWorker(deliver_next, name="the delivery of reminders")
        delivery = ScheduledDelivery(self.writer, self.rate_limiter)
        self.scheduled = PieceWorker(delivery.work, name="the delivery of scheduled messages", every=POLL_SECONDS)
        self.emails = PieceWorker(email_delivery.deliver_next, name="the emails about unread messages")
        self.digests = PieceWorker(digest.deliver_next, name="the weekly summaries", every=digest.POLL_SECONDS)
        self.mail = MailWorker()
        self.push = PushWorker()
        self.uploads = UploadReceiver()
        self.link_previews = LinkPreviewWorker(self.uploads.inspector) if settings.LINK_PREVIEWS else None
        self.sweeper = Sweeper()
        self.downloads = DownloadWatch()
        self.streams: set[Socket] = set()  # those over HTTP, whose requests would hold up the shutdown
        self.is_closing = False
        self._services = [start(self) for start in _starters]
        self._lag = asyncio.create_task(metrics.measure_lag())
        self._pruning = asyncio.create_task(prune_daily())
        self._checking_downloads = asyncio.create_task(
            repeat(self.downloads.check, name="the check of downloads", every=CHECK_SECONDS)
        )

    async def announce_closing(self, reason: str, retry_after: float) -> None:
        """Announce the shutdown to every page, refuse new posts, and finish the accepted ones."""
        self.is_closing = True
        event = {"type": "server.closing", "reason": reason, "retry_after": retry_after}
        self.hub.deliver(Event.of(everyone, event))
        async with asyncio.timeout(CLOSING_SECONDS):
            await self.writer.finish()
            await self.read_markers.finish()
            await self.reactions.finish()
            await self.drafts.finish()
        for socket in list(self.streams):
            socket.close(RESTARTING)

    async def stop(self) -> None:
        self._lag.cancel()
        self._pruning.cancel()
        self._checking_downloads.cancel()
        self.handshakes.stop()
        for service in self._services:
            await service.stop()
        self.read_markers.stop()
        self.reactions.stop()
        self.drafts.stop()
        self.shown_notifications.stop()
        await self.writer.stop()
        await self.previews.stop()
        await self.bulk_deletions.stop()
        await self.search_indexer.stop()
        await self.thread_finder.stop()
        await self.notifications.stop()
        await self.held_back.stop()
        await self.reminders.stop()
        await self.scheduled.stop()
        await self.emails.stop()
        await self.digests.stop()
        await self.mail.stop()
        await self.push.stop()
        if self.link_previews is not None:
            await self.link_previews.stop()
        await self.uploads.stop()
        await self.sweeper.stop()
        await self.reconciler.stop()
        await self.presence.stop()
        await self.hub.stop()


_engine: Engine | None = None


def get_engine() -> Engine:
    """Return the running loop's engine. It is created on first use, because Daphne sends no lifespan events."""
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
    """Announce the shutdown if there is an engine. Raises TimeoutError if posts could not be finished in time."""
    if _engine is not None:
        await _engine.announce_closing(reason, retry_after)
