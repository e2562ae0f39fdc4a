"""Tracks the users online. Writes connections in batches and reports changes at most once per second.

Every process compares presence in the database with its last snapshot, and sends the differences to its own sockets,
along with changes of names, avatars and statuses. Nothing is sent between processes, so nothing can get lost.
"""

import asyncio
import logging
import os
import socket
from collections.abc import Callable, Iterable
from contextlib import suppress
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from accounts.lifecycle.suspension import end_suspensions
from accounts.models import DEAD_AFTER, HEARTBEAT, Connection, ServerProcess, Status, User
from accounts.presence.activity import ActivityDelta, store
from accounts.presence.availability import PresenceSnapshot, States, presence_lists, read_snapshot
from accounts.presence.connections import OpenConnection, insert_connections
from accounts.sql import batched
from live import metrics
from live.db_threads import in_thread, in_writing_thread
from live.envelope import encoded

logger = logging.getLogger(__name__)

BATCH_SECONDS = 1.0
POLL_SECONDS = 2.0
GRACE_SECONDS = 3.0  # so that a page reload or a short disconnection doesn't take users offline

Notify = Callable[[States, list[User]], None]


class PresenceTracker:
    """Tracks this process's connections and the presence of all users.

    Calls `notify(changes, people)` on the event loop at most once per second, with the changed availabilities and the
    users whose profiles changed. It is also called without changes, for sockets that missed earlier ones.
    """

    def __init__(self, notify: Notify) -> None:
        self.process = ServerProcess(host=socket.gethostname(), pid=os.getpid())
        self._snapshot = PresenceSnapshot()
        self._json = _as_json({})
        self._notify = notify
        self._held: dict[UUID, OpenConnection] = {}
        self._added: dict[UUID, OpenConnection] = {}
        self._removed: dict[UUID, float] = {}
        self._delta = ActivityDelta()
        self._is_urgent = False  # whether an availability changed, which must not wait for the next heartbeat
        self._written_at = 0.0
        self._wake = asyncio.Event()
        self._task = asyncio.create_task(self._run())

    def add(self, connection: OpenConnection) -> None:
        self._held[connection.pk] = self._added[connection.pk] = connection
        self._wake.set()

    def remove(self, connection_id: UUID) -> None:
        self._held.pop(connection_id, None)
        self._removed[connection_id] = asyncio.get_running_loop().time() + GRACE_SECONDS

    def record_activity(self, connection_id: UUID) -> None:
        self._delta.active.add(connection_id)

    def set_idle(self, connection_id: UUID, is_idle: bool) -> None:
        """Record that a connection's page is not in use, or is in use again."""
        if (connection := self._held.get(connection_id)) is not None:
            connection.idle_since = timezone.now() if is_idle else None
            self._delta.active.add(connection_id)
            self._delta.changed[connection_id] = connection
            self._is_urgent = True
            self._wake.set()

    def set_room(self, connection_id: UUID, room_id: int | None) -> None:
        """Record the room in view on a connection's page."""
        if (connection := self._held.get(connection_id)) is not None:
            connection.room_id = room_id
            self._delta.changed[connection_id] = connection

    def record_message(self, connection_id: UUID) -> None:
        """Count a message posted over a connection."""
        self._delta.messages += 1
        if (connection := self._held.get(connection_id)) is not None:
            connection.messages += 1
            self._delta.changed[connection_id] = connection

    def online_user_ids(self) -> set[int]:
        """Return the ids of the users online: now in this process, and as of the last poll in the others."""
        return set(self._snapshot.online) | {connection.user_id for connection in self._held.values()}

    def people_online(self) -> set[int]:
        """Return the ids of those among them who aren't bots."""
        held = {connection.user_id for connection in self._held.values() if not connection.is_bot}
        return set(self._snapshot.online - self._snapshot.bots) | held

    def is_invisible(self, user_id: int) -> bool:
        return user_id in self._snapshot.online and user_id not in self._snapshot.states

    def serialize_for(self, user_id: int, blocked: frozenset[int] = frozenset()) -> str:
        """Return the presence lists as members of a JSON object, including the viewer but no `blocked` users."""
        states = self._snapshot.states
        online, others = self._json if blocked.isdisjoint(states) else _as_json(_without(blocked, states))
        if user_id not in states:
            online = f"{online},{user_id}" if online else str(user_id)
        return f'"online":[{online}]{others}'

    async def stop(self) -> None:
        """Stop tracking, and delete this process's row and its connections."""
        self._task.cancel()
        await asyncio.wait([self._task])
        with suppress(Exception):
            await in_writing_thread(ServerProcess.objects.filter(pk=self.process.pk).delete)

    async def _run(self) -> None:
        while True:
            try:
                await self._update()
            except Exception:
                logger.exception("presence could not be written; trying again")
            await asyncio.sleep(BATCH_SECONDS)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), POLL_SECONDS - BATCH_SECONDS)

    async def _update(self) -> None:
        self._wake.clear()
        await self._write_changes(asyncio.get_running_loop().time())
        snapshot, people = await in_thread(read_snapshot, self._snapshot)
        changes = snapshot.changes_since(self._snapshot)
        self._snapshot = snapshot
        if changes:
            self._json = _as_json(snapshot.states)
        metrics.people_online.set(len(snapshot.online - snapshot.bots))
        self._notify(changes, people)

    async def _write_changes(self, now: float) -> None:
        added = dict(self._added)
        removed = [pk for pk, due in self._removed.items() if due <= now]
        is_due = self._is_urgent or now - self._written_at >= HEARTBEAT.total_seconds()
        if is_due:
            await in_writing_thread(end_suspensions)
        if added or removed or is_due:
            await self._store(list(added.values()), removed)
            self._written_at = now
            _discard(self._added, added)
            _discard(self._removed, removed)

    async def _store(self, added: list[OpenConnection], removed: list[UUID]) -> None:
        delta, self._delta = self._delta, ActivityDelta()  # activity during the write belongs to the next batch
        self._is_urgent = False
        try:
            await in_writing_thread(_write, self.process, added, removed, list(self._held.values()), delta)
        except BaseException:
            self._delta.add(delta)
            self._is_urgent = True
            raise


def _discard(mapping: dict, keys: Iterable) -> None:
    for key in keys:
        mapping.pop(key, None)


def _without(blocked: frozenset[int], states: States) -> States:
    return {user_id: state for user_id, state in states.items() if user_id not in blocked}


def _as_json(states: States) -> tuple[str, str]:
    """Return the ids of the users online, and the `away` and `dnd` members of a JSON object."""
    lists = presence_lists(states)
    online = ",".join(map(str, lists.pop("online")))
    return online, "".join(f',"{name}":{encoded(ids)}' for name, ids in lists.items() if name != "offline")


@transaction.atomic
def _write(
    process: ServerProcess,
    added: list[OpenConnection],
    removed: list[UUID],
    held: list[OpenConnection],
    delta: ActivityDelta,
) -> None:
    now = timezone.now()
    _, is_new = ServerProcess.objects.update_or_create(
        pk=process.pk,
        defaults={"heartbeat_at": Now()},  # the database's clock, because hosts' clocks differ
        create_defaults={
            "host": process.host,
            "pid": process.pid,
            "started_at": process.started_at,
            "heartbeat_at": Now(),
        },
    )
    ServerProcess.objects.filter(heartbeat_at__lt=Now() - DEAD_AFTER).delete()
    if is_new:  # on startup, or after another process assumed that this one was dead and deleted its row
        added = held
    people = set(User.objects.filter(pk__in={new.user_id for new in added}).values_list("pk", flat=True))
    insert_connections(process.pk, (new for new in added if new.user_id in people))
    for ids in batched(removed):
        closed = Connection.objects.filter(pk__in=ids)
        # For other users, invisible users had already gone offline.
        User.objects.filter(connections__in=closed).exclude(status=Status.INVISIBLE).update(last_seen_at=now)
        closed.delete()
    store(delta, now)
