"""Reconciliation, which compares delivered events with the database every few seconds.

Open pages receive lost events here at the latest: those published while Redis was unavailable, and changes written by
management commands.
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
from messaging.history.events import people_about, room_changes
from rooms import events as room_events
from rooms.models import Membership, Room
from rooms.serializers import serialize_room, serialize_room_for

logger = logging.getLogger(__name__)

GAP_SECONDS = 0.05  # the time an early event waits for the event that it overtook
CHECK_SESSIONS_SECONDS = 15.0  # with Redis, the end of a session is also published immediately
NOTE_USE_SECONDS = 300.0  # the same interval at which requests record that their session is in use


@dataclass
class _Snapshot:
    """The database's rows for the rooms, users and connections that this process serves.

    `users`: `rooms_version` and `is_active` by user id.
    """

    rooms: dict[int, Room] = field(default_factory=dict)
    users: dict[int, tuple[int, bool]] = field(default_factory=dict)
    dismissed: set[UUID] = field(default_factory=set)


class Reconciler:
    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._revisions: dict[int, int] = {}
        self._rooms_versions: dict[int, int] = {}
        self._sessions: dict[Socket, SessionUser] = {}
        self._check_sessions_at = self._note_use_at = 0.0
        self._filling: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        hub.on_gap = self.schedule_fill
        hub.on_subscriptions_changed = self.recheck_rooms
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        for task in (self._task, *self._tasks):
            task.cancel()
        await asyncio.gather(self._task, *self._tasks, return_exceptions=True)

    def note_revision(self, room_id: int, revision: int) -> None:
        """Record that a page received the room at this revision."""
        self._revisions.setdefault(room_id, revision)

    def track(self, socket: Socket, session: SessionUser) -> None:
        """Close the socket when its session ends."""
        self._sessions[socket] = session

    def untrack(self, socket: Socket) -> None:
        self._sessions.pop(socket, None)

    def recheck_rooms(self, topic: str) -> None:
        """Compare the subscriptions of a user's sockets with the database at the next opportunity.

        Called when they change, because events from different processes may overtake one another.
        """
        if (user_id := user_of(topic)) is not None:
            self._rooms_versions.pop(user_id, None)

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
        except Exception:
            logger.exception("a gap in %s could not be filled; trying again in a few seconds", topic)
        finally:
            self._filling.discard(topic)

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(settings.CHAT_POLL_SECONDS)
            try:
                await self._reconcile()
            except Exception:
                logger.exception("reconciliation failed; trying again")

    async def _reconcile(self) -> None:
        topics = self._hub.topics()
        room_ids = [number for topic in topics if (number := room_of(topic)) is not None]
        user_ids = [number for topic in topics if (number := user_of(topic)) is not None]
        if not user_ids:
            return
        snapshot = await in_thread(_read, room_ids, user_ids)
        for room_id in room_ids:
            try:
                await self._reconcile_room(room_id, snapshot.rooms.get(room_id))
            except Exception:
                logger.exception("room %d could not be reconciled; trying again", room_id)
        await self._reconcile_people(user_ids, snapshot)
        self._close_dismissed(snapshot.dismissed)
        await self._close_expired()
        await self._note_use()

    def _close_dismissed(self, dismissed: set[UUID]) -> None:
        """Close sockets that an admin disconnected if the event was lost."""
        keys = {pk.hex for pk in dismissed}
        for socket in list(self._sessions) if keys else ():
            if socket.key in keys:
                socket.close(DISCONNECTED_BY_ADMIN)

    async def _close_expired(self) -> None:
        now = asyncio.get_running_loop().time()
        if now < self._check_sessions_at:
            return
        self._check_sessions_at = now + CHECK_SESSIONS_SECONDS
        over = {session.session_key for session in await in_thread(expired, list(self._sessions.values()))}
        for socket, session in list(self._sessions.items()):
            if session.session_key in over:
                socket.close(SIGNED_OUT)

    async def _note_use(self) -> None:
        now = asyncio.get_running_loop().time()
        if now >= self._note_use_at:
            self._note_use_at = now + NOTE_USE_SECONDS
            await in_writing_thread(touch, list(self._sessions.values()))

    async def _reconcile_room(self, room_id: int, room: Room | None) -> None:
        topic = room_topic(room_id)
        if room is None:
            self._revisions.pop(room_id, None)
            self._deliver_left(topic, room_id, "deleted")
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
            changes = await in_thread(partial(journal.changes_since, room_id, since, viewer=None))
            metrics.repairs.inc()
            more = changes.more
            text = encoded(room_changes(room_id, since, changes, viewer=None))
            people = tuple({person for message in changes.messages for person in people_about(message)})
            self._hub.deliver_changes(Event(topic, text, version=changes.version, about=people))

    async def _reconcile_people(self, user_ids: list[int], snapshot: _Snapshot) -> None:
        changed = []
        for user_id in user_ids:
            rooms_version, is_active = snapshot.users.get(user_id, (0, False))
            if not is_active:
                self._hub.deliver(Close(user_topic(user_id), SIGNED_OUT))
            elif self._rooms_versions.get(user_id) != rooms_version:
                changed.append(user_id)
                self._rooms_versions[user_id] = rooms_version
        for gone in self._rooms_versions.keys() - set(user_ids):
            del self._rooms_versions[gone]
        if changed:
            subscribed = {user_id: self._subscribed_rooms(user_id) for user_id in changed}
            rooms, blocked = await in_thread(_rooms_and_blocked, changed)
            for user_id in changed:
                if user_id in self._rooms_versions:  # otherwise a change arrived in the meantime
                    await self._reconcile_blocked(user_id, blocked[user_id])
                await self._reconcile_rooms(user_id, subscribed[user_id], rooms.get(user_id, set()))

    async def _reconcile_blocked(self, user_id: int, blocked: frozenset[int]) -> None:
        """Set the blocklist of a user's sockets, and send the changes to their pages."""
        topic = user_topic(user_id)
        # Sockets may differ: a tab opened later may already know a change that an earlier tab missed.
        known = {socket.blocked_ids for socket in self._hub.sockets(topic)} or {blocked}
        if known != {blocked}:
            missed, stale = blocked - frozenset.intersection(*known), frozenset.union(*known) - blocked
            for event in await in_thread(_blocking_events, user_id, missed, stale):
                self._hub.deliver(Event.of(topic, event), SetBlocklist(topic, blocked))

    def _subscribed_rooms(self, user_id: int) -> set[int]:
        sockets = self._hub.sockets(user_topic(user_id))
        return {number for socket in sockets for name in socket.topics if (number := room_of(name)) is not None}

    async def _reconcile_rooms(self, user_id: int, subscribed: set[int], rooms: set[int]) -> None:
        """Subscribe a user's sockets to exactly the rooms that the user is in.

        `subscribed` must be read before the database, so that a room joined in between is not left again.
        """
        topic = user_topic(user_id)
        for room_id in subscribed - rooms:
            self._deliver_left(topic, room_id, "removed")
        for room_id in rooms - self._subscribed_rooms(user_id):
            self._hub.deliver(*await in_thread(_joined, user_id, room_id))

    def _deliver_left(self, topic: str, room_id: int, reason: str) -> None:
        event = {"type": "room.left", "room": room_id, "reason": reason}
        self._hub.deliver(Event.of(topic, event), Unsubscribe(topic, room_topic(room_id)))


def _read(room_ids: list[int], user_ids: list[int]) -> _Snapshot:
    people = User.objects.filter(pk__in=user_ids).values_list("pk", "rooms_version", "is_active")
    return _Snapshot(
        rooms=Room.objects.in_bulk(room_ids),
        users={pk: (rooms_version, is_active) for pk, rooms_version, is_active in people},
        dismissed=Connection.objects.dismissed(),
    )


def _rooms_and_blocked(user_ids: list[int]) -> tuple[dict[int, set[int]], dict[int, frozenset[int]]]:
    """Return the ids of each user's rooms, and of the users they block."""
    rooms: dict[int, set[int]] = {}
    for user_id, room_id in Membership.objects.visible().filter(user_id__in=user_ids).values_list("user_id", "room_id"):
        rooms.setdefault(user_id, set()).add(room_id)
    return rooms, {user_id: blocklist.blocked for user_id, blocklist in blocklists_for(user_ids).items()}


def _blocking_events(user_id: int, blocked: frozenset[int], unblocked: frozenset[int]) -> list[dict[str, Any]]:
    user = User(pk=user_id)
    return [
        *(room_events.blocked_event(user, other) for other in sorted(blocked)),
        *(room_events.unblocked_event(user, other) for other in sorted(unblocked)),
    ]


def _joined(user_id: int, room_id: int) -> tuple[Envelope, ...]:
    memberships = Membership.objects.visible().select_related("user", "room")
    membership = memberships.filter(user=user_id, room=room_id).first()
    if membership is None:
        return ()
    topic, room = user_topic(user_id), membership.room
    event = {"type": "room.joined", "room": serialize_room_for(membership.user, room)}
    return Event.of(topic, event), Subscribe(topic, room_topic(room_id), baseline=room.version)
