"""The supervisor, which starts, replaces and stops the server processes of a site.

Each worker has its own listening sockets, which the supervisor keeps open. While one doesn't serve, the other workers
accept its connections; if no worker serves, they wait. SIGTERM and SIGINT stop all workers. SIGHUP replaces them one by
one; an old worker only stops when the new one is ready. A worker that hangs is killed and replaced. If no replacement
can start, the other workers continue, and the supervisor keeps trying. docs/adr/0009-own-supervisor.md compares this
with Uvicorn's and Gunicorn's supervisors.
"""

import asyncio
import logging
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Mapping

from chatsite.server.bind import Sockets
from chatsite.server.worker_slot import WorkerSlot

logger = logging.getLogger(__name__)


def supervise(sockets: list[Sockets], environment: Mapping[str, str], on_start: Callable[[], None]) -> int:
    """Serve with one worker per list of sockets until a signal arrives. Return the exit code.

    `on_start` is called once, when all workers are ready.
    """
    with tempfile.TemporaryDirectory(prefix="chatsite-metrics-") as folder:
        supervisor = Supervisor(sockets, {**environment, "PROMETHEUS_MULTIPROC_DIR": folder})
        return asyncio.run(supervisor.run(on_start))


class Supervisor:
    def __init__(self, sockets: list[Sockets], environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._slots = [WorkerSlot(own, environment, self._others_serve, self._distribute_sockets) for own in sockets]
        self._stop = asyncio.Event()
        self._reload = asyncio.Event()
        self._has_terminal = os.isatty(0)

    async def run(self, on_start: Callable[[], None]) -> int:
        self._handle_signals()
        await asyncio.gather(*(slot.start() for slot in self._slots))
        slots = [asyncio.create_task(slot.run()) for slot in self._slots]
        stop = asyncio.create_task(self._stop.wait())
        others = [asyncio.create_task(self._announce(on_start)), asyncio.create_task(self._reload_on_request())]
        await asyncio.wait([stop, *slots], return_when=asyncio.FIRST_COMPLETED)
        failures = [error for slot in slots if slot.done() and (error := slot.exception())]
        for task in [stop, *slots, *others]:
            task.cancel()
        for error in failures:
            logger.critical("Chatsite stops. %s", error)
        await asyncio.gather(*(slot.stop() for slot in self._slots))
        return 1 if failures else 0

    def _others_serve(self, slot: WorkerSlot) -> bool:
        return any(other.is_serving for other in self._slots if other is not slot)

    def _distribute_sockets(self) -> None:
        """Let the workers that serve accept connections from the sockets of those that don't."""
        unserved = [each for slot in self._slots if not slot.is_serving for each in slot.sockets]
        for slot in self._slots:
            slot.accept_also_from(unserved)

    def _handle_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        loop.add_signal_handler(signal.SIGHUP, self._on_hangup)

    def _on_hangup(self) -> None:
        is_terminal_gone = self._has_terminal and not os.isatty(0)  # the original meaning of SIGHUP
        (self._stop if is_terminal_gone else self._reload).set()

    async def _announce(self, on_start: Callable[[], None]) -> None:
        await asyncio.gather(*(slot.wait_ready() for slot in self._slots))
        on_start()

    async def _reload_on_request(self) -> None:
        while True:
            await self._reload.wait()
            self._reload.clear()
            if await self._bootstrap() and await self._replace_all():
                logger.info("All workers have been replaced.")
            else:
                logger.error("New workers failed to start. The current workers keep running.")

    async def _replace_all(self) -> bool:
        for slot in self._slots:
            if not await slot.replace():
                return False
        return True

    async def _bootstrap(self) -> bool:
        """Migrate the database and collect static files with the current code."""
        command = (sys.executable, "-m", "chatsite.server.bootstrap")
        process = await asyncio.create_subprocess_exec(*command, env=self._environment)
        return await process.wait() == 0
