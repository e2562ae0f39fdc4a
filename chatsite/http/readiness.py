"""Checks, within a limited time, whether the database can be written to, Redis responds and the disk has space."""

import asyncio
import logging
import shutil
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

from django.conf import settings
from django.db import transaction
from redis.asyncio import Redis

from accounts.models import ServerProcess
from live import outages
from live.db_threads import run_in

logger = logging.getLogger(__name__)

TIMEOUT_SECONDS = 1.5
INTERVAL_SECONDS = 0.5  # between two checks, because each one writes to the database and anyone can request it
REDIS_SECONDS = 1.0

OK, AWAY, NO_ANSWER, LOW = "ok", "away", "no answer", "low"
# By SQLite's error name or PostgreSQL's error code.
STATES = {
    "SQLITE_FULL": "full",
    "53100": "full",
    "SQLITE_READONLY": "read-only",
    "25006": "read-only",
    "SQLITE_BUSY": "locked",
}

Check = Callable[[], Awaitable[None]]


class Readiness:
    """Run one check per service at a time, so that many requests, or a check that hangs, take only one thread."""

    def __init__(self) -> None:
        self.is_closing = False
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="readiness")
        self._checks: dict[str, asyncio.Future[str]] = {}
        self._next_checks: dict[str, float] = {}

    async def report(self) -> dict[str, str]:
        """Return `status` ("ready", "not ready" or "closing") and the state of each service.

        Only the database affects the readiness. Without Redis, events reach other processes more slowly, and while the
        disk is nearly full, only uploads are rejected.
        """
        services = {"database": self._check_database} | ({"redis": _check_redis} if settings.REDIS_URL else {})
        states = await asyncio.gather(*(self._check_once(name, check) for name, check in services.items()))
        report = dict(zip(services, states, strict=True)) | {"disk": _disk_state()}
        if self.is_closing:
            return {"status": "closing", **report}
        return {"status": "ready" if report["database"] == OK else "not ready", **report}

    async def _check_once(self, name: str, check: Check) -> str:
        running, loop = self._checks.get(name), asyncio.get_running_loop()
        if running is None or running.done() or running.get_loop() is not loop:
            delay = self._next_checks.get(name, 0.0) - time.monotonic()
            self._next_checks[name] = time.monotonic() + max(0.0, delay) + INTERVAL_SECONDS
            running = self._checks[name] = asyncio.ensure_future(_state(name, check, delay))
        await asyncio.wait([running], timeout=TIMEOUT_SECONDS)
        return running.result() if running.done() else NO_ANSWER

    async def _check_database(self) -> None:
        await run_in(self._thread, _write)


readiness = Readiness()


async def _check_redis() -> None:
    async with asyncio.timeout(REDIS_SECONDS), Redis.from_url(settings.REDIS_URL) as redis:
        await redis.execute_command("PING")


async def _state(name: str, check: Check, delay: float) -> str:
    try:
        await asyncio.sleep(delay)
        await check()
    except Exception as error:
        if not outages.report(error):
            logger.exception("%s could not be checked", name)
        return _state_of(error)
    return OK


def _state_of(error: BaseException) -> str:
    code = getattr(error.__cause__, "sqlite_errorname", None) or getattr(error.__cause__, "sqlstate", None) or ""
    return next((state for name, state in STATES.items() if code.startswith(name)), AWAY)


def _write() -> None:
    """Store and delete a row in one transaction, which writes to the disk.

    A read would succeed even if the disk is full, the database is read-only or another program has locked it.
    """
    with transaction.atomic():
        row = ServerProcess.objects.create(host="", pid=0)
        ServerProcess.objects.filter(pk=row.pk).delete()


def _disk_state() -> str:
    """Return LOW if uploads are rejected to reserve disk space for the database."""
    return OK if shutil.disk_usage(settings.DATA_DIR).free >= settings.CHAT_FREE else LOW
