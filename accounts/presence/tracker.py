"""Who is here: connections written in batches, and the changes told at most once a second.

Every process keeps who is online, and how, as the database has it, and tells its own sockets what
changed in it; the same for people whose name, picture or status text changed. Nothing is sent between
processes, so nothing of it can be lost.
"""

import asyncio
import logging
import os
import socket
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.lifecycle.suspension import end_suspensions
from accounts.models import DEAD_AFTER, HEARTBEAT, Connection, ServerProcess, Status, User
from accounts.presence.activity import Deeds, batched, store
from accounts.presence.availability import Roster, States, presence_lists, read_roster
from accounts.presence.user_agents import kind_of
from live import metrics
from live.db_threads import in_thread, in_writing_thread
from live.envelope import encoded

logger = logging.getLogger(__name__)

GATHER_SECONDS = 1.0
LOOK_SECONDS = 2.0
GRACE_SECONDS = 3.0  # a page that is reloaded, or a line that blinks, is not a departure

Tell = Callable[[States, list[User]], None]


class PresenceTracker:
    """`tell(changes, people)` is called on the loop, at most once a second, with who came, went or is here in another
    way, and with the people of whom something else changed; also with nothing, for those who missed something."""

    def __init__(self, tell: Tell) -> None:
        self.process = ServerProcess(host=socket.gethostname(), pid=os.getpid())
        self._roster = Roster()
        self._texts = _texts({})
        self._tell = tell
        self._held: dict[UUID, Connection] = {}
        self._opened: dict[UUID, Connection] = {}
        self._closed: dict[UUID, float] = {}
        self._deeds = Deeds()
        self._is_urgent = False  # somebody's availability changed: not only with the next heartbeat
        self._beat_at = 0.0
        self._wake = asyncio.Event()
        self._task = asyncio.create_task(self._run())

    def add(self, connection: Connection) -> None:
        connection.process = self.process
        self._held[connection.pk] = self._opened[connection.pk] = connection
        self._wake.set()

    def remove(self, connection_id: UUID) -> None:
        self._held.pop(connection_id, None)
        self._closed[connection_id] = asyncio.get_running_loop().time() + GRACE_SECONDS

    def record_activity(self, connection_id: UUID) -> None:
        """Somebody did something there."""
        self._deeds.active.add(connection_id)

    def set_idle(self, connection_id: UUID, is_idle: bool) -> None:
        """Its page has not been touched for a while, or is used again."""
        if (connection := self._held.get(connection_id)) is not None:
            connection.idle_since = timezone.now() if is_idle else None
            self._deeds.active.add(connection_id)
            self._deeds.changed[connection_id] = connection
            self._is_urgent = True
            self._wake.set()

    def set_room(self, connection_id: UUID, room_id: int | None) -> None:
        """This room is open there now, or none."""
        if (connection := self._held.get(connection_id)) is not None:
            connection.room_id = room_id
            self._deeds.changed[connection_id] = connection

    def record_message(self, connection_id: UUID) -> None:
        """A message from there was stored."""
        self._deeds.said += 1
        if (connection := self._held.get(connection_id)) is not None:
            connection.messages += 1
            self._deeds.changed[connection_id] = connection

    def online_user_ids(self) -> set[int]:
        """Everybody who is here, on all processes as it was a moment ago, and on this one now."""
        return set(self._roster.here) | {connection.user_id for connection in self._held.values()}

    def is_invisible(self, user_id: int) -> bool:
        """To others they are not here."""
        return user_id in self._roster.here and user_id not in self._roster.states

    def serialize_for(self, user_id: int, hidden: frozenset[int] = frozenset()) -> str:
        """Who is here, as the members of a JSON object; this one is always among them, and no `hidden` one."""
        states = self._roster.states
        online, others = self._texts if hidden.isdisjoint(states) else _texts(_without(hidden, states))
        if user_id not in states:
            online = f"{online},{user_id}" if online else str(user_id)
        return f'"online":[{online}]{others}'

    async def stop(self) -> None:
        """End, and take this process's connections with it."""
        self._task.cancel()
        await asyncio.wait([self._task])
        with suppress(Exception):
            await in_writing_thread(ServerProcess.objects.filter(pk=self.process.pk).delete)

    async def _run(self) -> None:
        while True:
            try:
                await self._look()
            except Exception:
                logger.exception("presence could not be written; trying again")
            await asyncio.sleep(GATHER_SECONDS)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), LOOK_SECONDS - GATHER_SECONDS)

    async def _look(self) -> None:
        self._wake.clear()
        now = asyncio.get_running_loop().time()
        opened = dict(self._opened)
        closed = [pk for pk, due in self._closed.items() if due <= now]
        is_due = self._is_urgent or now - self._beat_at >= HEARTBEAT.total_seconds()
        if is_due:
            await in_writing_thread(end_suspensions)
        if opened or closed or is_due:
            await self._store(list(opened.values()), closed)
            self._beat_at = now
            _forget(self._opened, opened)
            _forget(self._closed, closed)
        roster, people = await in_thread(read_roster, self._roster)
        changes = roster.changes_since(self._roster)
        self._roster = roster
        if changes:
            self._texts = _texts(roster.states)
        metrics.people_online.set(len(roster.here))
        self._tell(changes, people)

    async def _store(self, opened: list[Connection], closed: list[UUID]) -> None:
        deeds, self._deeds = self._deeds, Deeds()  # what is done meanwhile is for the next time
        self._is_urgent = False
        try:
            await in_writing_thread(_write, self.process, opened, closed, list(self._held.values()), deeds)
        except BaseException:
            self._deeds.add(deeds)
            self._is_urgent = True
            raise


def connection_from_scope(scope: dict[str, Any], user: User) -> Connection:
    """The row of an ASGI connection, not yet stored."""
    address, port = (scope.get("client") or ("", None))[:2]
    agent = next((value for name, value in scope["headers"] if name == b"user-agent"), b"").decode("latin-1")
    return Connection(user=user, address=address or "", port=port or None, user_agent=agent[:300], kind=kind_of(agent))


def _forget(kept: dict, done: Iterable) -> None:
    for key in done:
        kept.pop(key, None)


def _without(hidden: frozenset[int], states: States) -> States:
    return {user_id: state for user_id, state in states.items() if user_id not in hidden}


def _texts(states: States) -> tuple[str, str]:
    """The ids of those online, and the lists of those of them who are away or not to be disturbed, as JSON."""
    told = presence_lists(states)
    online = ",".join(map(str, told.pop("online")))
    return online, "".join(f',"{name}":{encoded(ids)}' for name, ids in told.items() if name != "offline")


@transaction.atomic
def _write(
    process: ServerProcess,
    opened: list[Connection],
    closed: list[UUID],
    held: list[Connection],
    deeds: Deeds,
) -> None:
    now = timezone.now()
    _, is_new = ServerProcess.objects.update_or_create(
        pk=process.pk,
        defaults={"heartbeat_at": now},
        create_defaults={"host": process.host, "pid": process.pid, "started_at": process.started_at},
    )
    ServerProcess.objects.filter(heartbeat_at__lt=now - DEAD_AFTER).delete()
    if is_new:  # or taken for dead by another process, and its connections with it
        opened = held
    people = set(User.objects.filter(pk__in={new.user_id for new in opened}).values_list("pk", flat=True))
    Connection.objects.bulk_create([new for new in opened if new.user_id in people], ignore_conflicts=True)
    for some in batched(closed):
        leaving = Connection.objects.filter(pk__in=some)
        # Who is invisible was not seen.
        User.objects.filter(connections__in=leaving).exclude(status=Status.INVISIBLE).update(last_seen_at=now)
        leaving.delete()
    store(deeds, now)
