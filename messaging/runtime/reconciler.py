"""The watch: every few seconds it compares what was delivered with what the database holds.

Whatever was lost on the way, a last event of a quiet room, another process's write while Redis was
away, the work of a management command, reaches the open pages here at the latest.
"""

import asyncio
import logging
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings

from accounts.auth.session_lookup import SessionUser, expired, touch
from accounts.models import Connection, User, blocklists_for
from live import metrics
from live.close_codes import DISCONNECTED_BY_ADMIN, SIGNED_OUT
from live.db_threads import in_thread, in_writing_thread
from live.envelope import Close, Envelope, Event, SetBlocklist, Subscribe, Unsubscribe, encoded
from live.hub import Hub
from live.socket import Socket
from live.topics import room_of, room_topic, user_of, user_topic
from messaging.history import journal
from messaging.history.events import people_in, room_changes
from rooms import events as room_events
from rooms.models import Membership, Room

logger = logging.getLogger(__name__)

GAP_SECONDS = 0.05  # an event that overtook another one waits this long for it
SESSIONS_EVERY = 15.0  # seconds between two looks at the sessions, whose end Redis tells at once
NOTE_EVERY = 300.0  # that they are in use; pages note it as often


@dataclass
class _Facts:
    """What the database says of the rooms and people that this process serves."""

    rooms: dict[int, Room] = field(default_factory=dict)
    users: dict[int, tuple[int, bool]] = field(default_factory=dict)
    dismissed: set[UUID] = field(default_factory=set)


class Reconciler:
    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._revisions: dict[int, int] = {}
        self._room_lists: dict[int, int] = {}
        self._guests: dict[Socket, SessionUser] = {}
        self._sessions_at = self._noted_at = 0.0
        self._filling: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        hub.on_gap = self.fill_soon
        hub.on_subscriptions_changed = self.look_at_list
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        for task in (self._task, *self._tasks):
            task.cancel()
        await asyncio.gather(self._task, *self._tasks, return_exceptions=True)

    def note_room(self, room_id: int, revision: int) -> None:
        """A page was given the room's facts at this revision."""
        self._revisions.setdefault(room_id, revision)

    def hold(self, socket: Socket, guest: SessionUser) -> None:
        """Close this socket when the session that opened it is over."""
        self._guests[socket] = guest

    def release(self, socket: Socket) -> None:
        self._guests.pop(socket, None)

    def look_at_list(self, topic: str) -> None:
        """A person's sockets were put into a room or out of one: events of different processes may overtake one
        another, so the next look compares what they hear with the database."""
        if (user_id := user_of(topic)) is not None:
            self._room_lists.pop(user_id, None)

    def fill_soon(self, topic: str) -> None:
        """An event came before the one that precedes it: give that one a moment, then read it."""
        if topic in self._filling:
            return
        self._filling.add(topic)
        task = asyncio.create_task(self._fill_after_a_moment(topic))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _fill_after_a_moment(self, topic: str) -> None:
        try:
            await asyncio.sleep(GAP_SECONDS)
            await self._fill(topic)
        except Exception:
            logger.exception("a hole in %s could not be filled; the next look will", topic)
        finally:
            self._filling.discard(topic)

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(settings.CHAT_POLL_SECONDS)
            try:
                await self._look()
            except Exception:
                logger.exception("the watch could not look; trying again")

    async def _look(self) -> None:
        topics = self._hub.topics()
        room_ids = [number for topic in topics if (number := room_of(topic)) is not None]
        user_ids = [number for topic in topics if (number := user_of(topic)) is not None]
        if not user_ids:
            return
        facts = await in_thread(_read, room_ids, user_ids)
        for room_id in room_ids:
            try:
                await self._compare_room(room_id, facts.rooms.get(room_id))
            except Exception:
                logger.exception("room %d could not be compared; trying again", room_id)
        await self._compare_people(user_ids, facts)
        self._compare_connections(facts.dismissed)
        await self._compare_sessions()
        await self._note_sessions()

    def _compare_connections(self, dismissed: set[UUID]) -> None:
        """Their administrator's word to this process was lost."""
        keys = {pk.hex for pk in dismissed}
        for socket in list(self._guests) if keys else ():
            if socket.key in keys:
                socket.close(DISCONNECTED_BY_ADMIN)

    async def _compare_sessions(self) -> None:
        now = asyncio.get_running_loop().time()
        if now < self._sessions_at:
            return
        self._sessions_at = now + SESSIONS_EVERY
        gone = {guest.session_key for guest in await in_thread(expired, list(self._guests.values()))}
        for socket, guest in list(self._guests.items()):
            if guest.session_key in gone:
                socket.close(SIGNED_OUT)

    async def _note_sessions(self) -> None:
        now = asyncio.get_running_loop().time()
        if now >= self._noted_at:
            self._noted_at = now + NOTE_EVERY
            await in_writing_thread(touch, list(self._guests.values()))

    async def _compare_room(self, room_id: int, room: Room | None) -> None:
        topic = room_topic(room_id)
        if room is None:
            self._revisions.pop(room_id, None)
            self._left(topic, room_id, "deleted")
            return
        if (known := self._revisions.get(room_id)) is not None and known != room.revision:
            event = {"type": "room.updated", "room": room_events.facts(room)}
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
            changes = await in_thread(partial(journal.changes_since, room_id, since, viewer=None))
            metrics.repairs.inc()
            more = changes.more
            text = encoded(room_changes(room_id, since, changes, viewer=None))
            people = tuple({person for message in changes.messages for person in people_in(message)})
            self._hub.deliver_changes(Event(topic, text, version=changes.version, about=people))

    async def _compare_people(self, user_ids: list[int], facts: _Facts) -> None:
        moved = []
        for user_id in user_ids:
            rooms_version, is_active = facts.users.get(user_id, (0, False))
            if not is_active:
                self._hub.deliver(Close(user_topic(user_id), SIGNED_OUT))
            elif self._room_lists.get(user_id) != rooms_version:
                moved.append(user_id)
                self._room_lists[user_id] = rooms_version
        for gone in self._room_lists.keys() - set(user_ids):
            del self._room_lists[gone]
        if moved:
            heard = {user_id: self._heard_by(user_id) for user_id in moved}
            belongs, hidden = await in_thread(_rooms_and_hidden_of, moved)
            for user_id in moved:
                if user_id in self._room_lists:  # else a change arrived while this was read
                    await self._compare_hidden(user_id, hidden[user_id])
                await self._compare_list(user_id, heard[user_id], belongs.get(user_id, set()))

    async def _compare_hidden(self, user_id: int, hidden: frozenset[int]) -> None:
        """Let a person's sockets hide just the people whom they block."""
        topic = user_topic(user_id)
        # Each by itself: of two tabs the one that came later may know what the other missed.
        known = {socket.blocked_ids for socket in self._hub.sockets(topic)} or {hidden}
        if known != {hidden}:
            missed, stale = hidden - frozenset.intersection(*known), frozenset.union(*known) - hidden
            for event in await in_thread(_hidden_events, user_id, missed, stale):
                self._hub.deliver(Event.of(topic, event), SetBlocklist(topic, hidden))

    def _heard_by(self, user_id: int) -> set[int]:
        sockets = self._hub.sockets(user_topic(user_id))
        return {number for socket in sockets for name in socket.topics if (number := room_of(name)) is not None}

    async def _compare_list(self, user_id: int, heard: set[int], belongs: set[int]) -> None:
        """Subscribe and unsubscribe a person's sockets so that they hear just the rooms they are in.

        `heard` was read before the database: a room joined meanwhile is no room to be left.
        """
        topic = user_topic(user_id)
        for room_id in heard - belongs:
            self._left(topic, room_id, "removed")
        for room_id in belongs - self._heard_by(user_id):
            self._hub.deliver(*await in_thread(_joined, user_id, room_id))

    def _left(self, topic: str, room_id: int, reason: str) -> None:
        event = {"type": "room.left", "room": room_id, "reason": reason}
        self._hub.deliver(Event.of(topic, event), Unsubscribe(topic, room_topic(room_id)))


def _read(room_ids: list[int], user_ids: list[int]) -> _Facts:
    people = User.objects.filter(pk__in=user_ids).values_list("pk", "rooms_version", "is_active")
    return _Facts(
        rooms=Room.objects.in_bulk(room_ids),
        users={pk: (rooms_version, is_active) for pk, rooms_version, is_active in people},
        dismissed=Connection.objects.dismissed(),
    )


def _rooms_and_hidden_of(user_ids: list[int]) -> tuple[dict[int, set[int]], dict[int, frozenset[int]]]:
    """The rooms that each of them hears, and the people whom each does not see."""
    rooms: dict[int, set[int]] = {}
    for user_id, room_id in Membership.objects.seen().filter(user_id__in=user_ids).values_list("user_id", "room_id"):
        rooms.setdefault(user_id, set()).add(room_id)
    return rooms, {user_id: quiet.blocked for user_id, quiet in blocklists_for(user_ids).items()}


def _hidden_events(user_id: int, hidden: frozenset[int], shown: frozenset[int]) -> list[dict[str, Any]]:
    user = User(pk=user_id)
    return [
        *(room_events.hidden_event(user, other) for other in sorted(hidden)),
        *(room_events.shown_event(user, other) for other in sorted(shown)),
    ]


def _joined(user_id: int, room_id: int) -> tuple[Envelope, ...]:
    places = Membership.objects.seen().select_related("user", "room")
    membership = places.filter(user=user_id, room=room_id).first()
    if membership is None:
        return ()
    topic, room = user_topic(user_id), membership.room
    event = {"type": "room.joined", "room": room_events.room_of(membership.user, room)}
    return Event.of(topic, event), Subscribe(topic, room_topic(room_id), baseline=room.version)
