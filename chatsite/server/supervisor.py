"""Several server processes as one site: starts them, replaces those that die, and stops them all.

Each worker has listening sockets of its own, which the supervisor keeps open: what connects while a worker
is away waits for the next one. SIGTERM and SIGINT stop the group; SIGHUP replaces its workers one after
the other, each new one serving before the old one goes.
"""

import asyncio
import logging
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Mapping

from chatsite.server.bind import Sockets
from chatsite.server.worker_process import Slot

logger = logging.getLogger(__name__)


def supervise(sockets: list[Sockets], environment: Mapping[str, str], on_start: Callable[[], None]) -> int:
    """Serve with one worker for each list of sockets until told to stop; return the exit code.

    `on_start` is called once, when all workers are ready.
    """
    with tempfile.TemporaryDirectory(prefix="chatsite-metrics-") as folder:
        group = Group(sockets, {**environment, "PROMETHEUS_MULTIPROC_DIR": folder})
        return asyncio.run(group.run(on_start))


class Group:
    def __init__(self, sockets: list[Sockets], environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._slots = [Slot(own, environment) for own in sockets]
        self._stop = asyncio.Event()
        self._renew = asyncio.Event()
        self._has_terminal = os.isatty(0)

    async def run(self, on_start: Callable[[], None]) -> int:
        self._heed_signals()
        await asyncio.gather(*(slot.begin() for slot in self._slots))
        keepers = [asyncio.create_task(slot.keep()) for slot in self._slots]
        stop = asyncio.create_task(self._stop.wait())
        others = [asyncio.create_task(self._greet(on_start)), asyncio.create_task(self._renew_when_told())]
        await asyncio.wait([stop, *keepers], return_when=asyncio.FIRST_COMPLETED)
        failures = [error for keeper in keepers if keeper.done() and (error := keeper.exception())]
        for task in [stop, *keepers, *others]:
            task.cancel()
        for error in failures:
            logger.critical("Chatsite gives up. %s", error)
        await asyncio.gather(*(slot.stop() for slot in self._slots))
        return 1 if failures else 0

    def _heed_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        loop.add_signal_handler(signal.SIGHUP, self._hang_up)

    def _hang_up(self) -> None:
        is_terminal_gone = self._has_terminal and not os.isatty(0)  # the signal's first meaning
        (self._stop if is_terminal_gone else self._renew).set()

    async def _greet(self, on_start: Callable[[], None]) -> None:
        await asyncio.gather(*(slot.ready() for slot in self._slots))
        on_start()

    async def _renew_when_told(self) -> None:
        while True:
            await self._renew.wait()
            self._renew.clear()
            if await self._prepare() and await self._replace_all():
                logger.info("All workers are new.")
            else:
                logger.error("New workers failed to start. The current workers keep running.")

    async def _replace_all(self) -> bool:
        for slot in self._slots:
            if not await slot.replace():
                return False
        return True

    async def _prepare(self) -> bool:
        """Bring tables and static files to the state of the code as it is now."""
        command = (sys.executable, "-m", "chatsite.server.bootstrap")
        process = await asyncio.create_subprocess_exec(*command, env=self._environment)
        return await process.wait() == 0
