"""Who is here: connections written in batches, and the changes told at most once a second.

Every process keeps the set of people online as the database has it and tells its own sockets what
changed in it. Nothing is sent between processes, so nothing of it can be lost.
"""

import asyncio
import logging
import os
import socket
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.models import DEAD_AFTER, HEARTBEAT, Connection, ServerProcess, User
from live import metrics
from live.threads import in_thread, in_writing_thread

logger = logging.getLogger(__name__)

GATHER_SECONDS = 1.0
LOOK_SECONDS = 2.0
GRACE_SECONDS = 3.0  # a page that is reloaded, or a line that blinks, is not a departure

Tell = Callable[[list[int], list[int]], None]


class Presence:
    """`tell(online, offline)` is called on the loop, at most once a second, with the ids of those who came and went;
    also when nobody did, for those who missed something."""

    def __init__(self, tell: Tell) -> None:
        self.process = ServerProcess(host=socket.gethostname(), pid=os.getpid())
        self.online: set[int] = set()
        self._online_text = ""
        self._tell = tell
        self._held: dict[UUID, Connection] = {}
        self._opened: dict[UUID, Connection] = {}
        self._closed: dict[UUID, float] = {}
        self._active: set[UUID] = set()
        self._beat_at = 0.0
        self._wake = asyncio.Event()
        self._task = asyncio.create_task(self._run())

    def opened(self, connection: Connection) -> None:
        connection.process = self.process
        self._held[connection.pk] = self._opened[connection.pk] = connection
        self._wake.set()

    def closed(self, connection_id: UUID) -> None:
        self._held.pop(connection_id, None)
        self._closed[connection_id] = asyncio.get_running_loop().time() + GRACE_SECONDS

    def active(self, connection_id: UUID) -> None:
        self._active.add(connection_id)

    def people(self) -> set[int]:
        """Everybody who is here, on all processes as it was a moment ago, and on this one now."""
        return self.online | {connection.user_id for connection in self._held.values()}

    def online_for(self, user_id: int, hidden: frozenset[int] = frozenset()) -> str:
        """The ids of those online as JSON, and this one's among them; without those whom they do not see."""
        if not self.online.isdisjoint(hidden):
            return f"[{','.join(map(str, sorted((self.online | {user_id}) - hidden)))}]"
        if user_id in self.online:
            return f"[{self._online_text}]"
        return f"[{self._online_text},{user_id}]" if self.online else f"[{user_id}]"

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
        opened, active = dict(self._opened), list(self._active)
        closed = [pk for pk, due in self._closed.items() if due <= now]
        is_due = now - self._beat_at >= HEARTBEAT.total_seconds()
        if opened or closed or is_due:
            await in_writing_thread(
                _write, self.process, list(opened.values()), closed, active, list(self._held.values())
            )
            self._beat_at = now
            _forget(self._opened, opened)
            _forget(self._closed, closed)
            self._active.difference_update(active)
        online = await in_thread(_online)
        came, went = sorted(online - self.online), sorted(self.online - online)
        if came or went:
            self.online = online
            self._online_text = ",".join(map(str, sorted(online)))
            metrics.people_online.set(len(online))
        self._tell(came, went)


def connection_of(scope: dict[str, Any], user: User) -> Connection:
    """The row of an ASGI connection, not yet stored."""
    address, port = (scope.get("client") or ("", None))[:2]
    agent = next((value for name, value in scope["headers"] if name == b"user-agent"), b"").decode("latin-1")
    return Connection(user=user, address=address or "", port=port, user_agent=agent[:300])


def _forget(kept: dict, done: Iterable) -> None:
    for key in done:
        kept.pop(key, None)


def _online() -> set[int]:
    return set(Connection.objects.live().values_list("user_id", flat=True).distinct())


@transaction.atomic
def _write(
    process: ServerProcess,
    opened: list[Connection],
    closed: list[UUID],
    active: list[UUID],
    held: list[Connection],
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
    for some in batched(active):
        Connection.objects.filter(pk__in=some).update(last_active_at=now)
    for some in batched(closed):
        leaving = Connection.objects.filter(pk__in=some)
        User.objects.filter(connections__in=leaving).update(last_seen_at=now)
        leaving.delete()


def batched(ids: list[UUID]) -> Iterator[list[UUID]]:
    """So many as every database takes in one statement."""
    return (ids[start : start + 500] for start in range(0, len(ids), 500))
