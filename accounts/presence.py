"""Who is here: connections written in batches, and the changes told at most once a second.

Every process keeps the set of people online as the database has it and tells its own sockets what
changed in it. Nothing is sent between processes, so nothing of it can be lost.
"""

import asyncio
import logging
import os
import socket
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.models import DEAD_AFTER, HEARTBEAT, Connection, ServerProcess, User
from live.threads import in_thread

logger = logging.getLogger(__name__)

GATHER_SECONDS = 1.0
LOOK_SECONDS = 2.0
GRACE_SECONDS = 3.0  # a page that is reloaded, or a line that blinks, is not a departure

Tell = Callable[[list[int], list[int]], None]


class Presence:
    """`tell(online, offline)` is called on the loop with the ids of those who came and went."""

    def __init__(self, tell: Tell) -> None:
        self.process = ServerProcess(host=socket.gethostname(), pid=os.getpid())
        self.online: set[int] = set()
        self._tell = tell
        self._held: dict[UUID, Connection] = {}
        self._opened: dict[UUID, Connection] = {}
        self._closed: dict[UUID, float] = {}
        self._active: dict[UUID, datetime] = {}
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
        self._active[connection_id] = timezone.now()

    async def stop(self) -> None:
        """End, and take this process's connections with it."""
        self._task.cancel()
        await asyncio.wait([self._task])
        with suppress(Exception):
            await in_thread(ServerProcess.objects.filter(pk=self.process.pk).delete)

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
        opened, active = dict(self._opened), dict(self._active)
        closed = [pk for pk, due in self._closed.items() if due <= now]
        is_due = now - self._beat_at >= HEARTBEAT.total_seconds()
        if opened or closed or is_due:
            await in_thread(_write, self.process, list(opened.values()), closed, active, list(self._held.values()))
            self._beat_at = now
            _forget(self._opened, opened)
            _forget(self._closed, closed)
            for pk, at in active.items():
                if self._active.get(pk) == at:
                    del self._active[pk]
        online = await in_thread(_online)
        came, went = sorted(online - self.online), sorted(self.online - online)
        self.online = online
        if came or went:
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
    active: dict[UUID, datetime],
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
    for pk, at in active.items():
        Connection.objects.filter(pk=pk).update(last_active_at=at)
    leaving = Connection.objects.filter(pk__in=closed)
    User.objects.filter(connections__in=leaving).update(last_seen_at=now)
    leaving.delete()
