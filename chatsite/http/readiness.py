"""Whether this process can serve, asked of the database and of Redis, and answered soon whatever they do."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

from django.conf import settings
from redis.asyncio import Redis

from accounts.models import ServerProcess
from live.db_threads import run_in

logger = logging.getLogger(__name__)

ANSWER_SECONDS = 1.5
REDIS_SECONDS = 1.0

OK, AWAY, NO_ANSWER = "ok", "away", "no answer"


class Readiness:
    """Asks each service once at a time: a flood of questions, or one that hangs, costs one thread."""

    def __init__(self) -> None:
        self.is_closing = False
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="readiness")
        self._asking: dict[str, asyncio.Future[str]] = {}

    async def report(self) -> dict[str, str]:
        """Return `status` (ready, not ready, closing) and what each service said.

        The site works without Redis, only slower between processes: that it is away is told, and is no reason to
        take the process out of service.
        """
        services = {"database": self._ask_database} | ({"redis": _ask_redis} if settings.REDIS_URL else {})
        said = await asyncio.gather(*(self._once(name, ask) for name, ask in services.items()))
        report = dict(zip(services, said, strict=True))
        if self.is_closing:
            return {"status": "closing", **report}
        return {"status": "ready" if report["database"] == OK else "not ready", **report}

    async def _once(self, name: str, ask: Callable[[], Awaitable[None]]) -> str:
        asking = self._asking.get(name)
        if asking is None or asking.done() or asking.get_loop() is not asyncio.get_running_loop():
            asking = self._asking[name] = asyncio.ensure_future(_said(name, ask))
        await asyncio.wait([asking], timeout=ANSWER_SECONDS)
        return asking.result() if asking.done() else NO_ANSWER

    async def _ask_database(self) -> None:
        await run_in(self._thread, ServerProcess.objects.exists)  # a table: SQLite answers SELECT 1 without its file


readiness = Readiness()


async def _ask_redis() -> None:
    async with asyncio.timeout(REDIS_SECONDS), Redis.from_url(settings.REDIS_URL) as redis:
        await redis.execute_command("PING")


async def _said(name: str, ask: Callable[[], Awaitable[None]]) -> str:
    try:
        await ask()
    except Exception as error:
        logger.warning("the %s is away: %s", name, type(error).__name__)
        return AWAY
    return OK
