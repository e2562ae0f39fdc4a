"""Compares the rooms of this process's sockets with the database, and sends the missing events and properties."""

import asyncio
import logging
from functools import partial

from live import metrics
from live.db_threads import in_thread
from live.envelope import Event, Unsubscribe, encoded
from live.hub import Hub
from live.periodic import for_each
from live.topics import room_of, room_topic
from messaging.history import journal
from messaging.history.events import room_changes
from messaging.history.people import all_people_about
from rooms.models import Room
from rooms.serializers import serialize_room

logger = logging.getLogger(__name__)

GAP_SECONDS = 0.05  # the time an early event waits for the one it overtook


class RoomCheck:
    """_revisions: by room id, the newest revision that pages have received."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._revisions: dict[int, int] = {}
        self._filling: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def note_revision(self, room_id: int, revision: int) -> None:
        """Record that a page received the room at this revision."""
        self._revisions.setdefault(room_id, revision)

    async def check(self) -> None:
        """Compare all rooms. Raises the first error, but only after it has compared the others."""
        room_ids = [number for topic in self._hub.topics() if (number := room_of(topic)) is not None]
        for gone in self._revisions.keys() - set(room_ids):
            del self._revisions[gone]
        if room_ids:
            rooms = await in_thread(Room.objects.in_bulk, room_ids)
            await for_each(room_ids, lambda room_id: self._check_room(room_id, rooms.get(room_id)))

    def schedule_fill(self, topic: str) -> None:
        """Load the missing event from the database, unless it arrives within GAP_SECONDS."""
        if topic in self._filling:
            return
        self._filling.add(topic)
        task = asyncio.create_task(self._fill_after_delay(topic))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _fill_after_delay(self, topic: str) -> None:
        try:
            await asyncio.sleep(GAP_SECONDS)
            await self._fill(topic)
        except Exception as error:
            logger.warning("a gap in %s could not be filled; the next check tries again: %s", topic, error)
        finally:
            self._filling.discard(topic)

    async def _check_room(self, room_id: int, room: Room | None) -> None:
        topic = room_topic(room_id)
        if room is None:
            event = {"type": "room.left", "room": room_id, "reason": "deleted"}
            self._hub.deliver(Event.of(topic, event), Unsubscribe(topic, topic))
            return
        if (known := self._revisions.get(room_id)) is not None and known != room.revision:
            event = {"type": "room.updated", "room": serialize_room(room)}
            self._hub.deliver(Event.of(topic, event))
        self._revisions[room_id] = room.revision
        delivered = self._hub.version(topic)
        if delivered is None:
            self._hub.set_baseline(topic, room.version)
        elif delivered < room.version:
            await self._fill(topic)

    async def _fill(self, topic: str) -> None:
        room_id = room_of(topic)
        more = True
        while more and room_id is not None and (since := self._hub.version(topic)) is not None:
            event, more = await in_thread(partial(_missed_changes, room_id, since))
            metrics.repairs.inc()
            self._hub.deliver_changes(event)


def _missed_changes(room_id: int, since: int) -> tuple[Event, bool]:
    """Return an event with the room's changes after a version, and whether there are later ones."""
    changes = journal.changes_since(room_id, since, viewer=None)
    text = encoded(room_changes(room_id, since, changes, viewer=None))
    people = tuple({person for message in changes.messages for person in all_people_about(message)})
    return Event(room_topic(room_id), text, version=changes.version, about=people), changes.more
