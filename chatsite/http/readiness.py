"""Checks, within a limited time, whether the database and Redis respond."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

from django.conf import settings
from redis.asyncio import Redis

from accounts.models import ServerProcess
from live import outages
from live.db_threads import run_in

logger = logging.getLogger(__name__)

TIMEOUT_SECONDS = 1.5
REDIS_SECONDS = 1.0

OK, AWAY, NO_ANSWER = "ok", "away", "no answer"

Check = Callable[[], Awaitable[None]]


class Readiness:
    """Run one check per service at a time, so that many requests, or a check that hangs, take only one thread."""

    def __init__(self) -> None:
        self.is_closing = False
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="readiness")
        self._checks: dict[str, asyncio.Future[str]] = {}

    async def report(self) -> dict[str, str]:
        """Return `status` ("ready", "not ready" or "closing") and the state of each service.

        The site works without Redis, only slower between processes, so its state is reported but the process is ready.
        """
        services = {"database": self._check_database} | ({"redis": _check_redis} if settings.REDIS_URL else {})
        states = await asyncio.gather(*(self._check_once(name, check) for name, check in services.items()))
        report = dict(zip(services, states, strict=True))
        if self.is_closing:
            return {"status": "closing", **report}
        return {"status": "ready" if report["database"] == OK else "not ready", **report}

    async def _check_once(self, name: str, check: Check) -> str:
        running = self._checks.get(name)
        if running is None or running.done() or running.get_loop() is not asyncio.get_running_loop():
            running = self._checks[name] = asyncio.ensure_future(_state(name, check))
        await asyncio.wait([running], timeout=TIMEOUT_SECONDS)
        return running.result() if running.done() else NO_ANSWER

    async def _check_database(self) -> None:
        await run_in(self._thread, ServerProcess.objects.exists)  # SQLite answers SELECT 1 even if its file is gone


readiness = Readiness()


async def _check_redis() -> None:
    async with asyncio.timeout(REDIS_SECONDS), Redis.from_url(settings.REDIS_URL) as redis:
        await redis.execute_command("PING")


async def _state(name: str, check: Check) -> str:
    try:
        await check()
    except Exception as error:
        if not outages.report(error):
            logger.exception("%s could not be checked", name)
        return AWAY
    return OK
