"""A slot for a worker, which keeps one process running and replaces it on request, or if it dies or hangs."""

import asyncio
import logging
from collections.abc import Callable, Mapping

from prometheus_client.multiprocess import mark_process_dead

from chatsite.server.bind import Sockets
from chatsite.server.worker_process import WorkerProcess, start_worker

logger = logging.getLogger(__name__)

READY_SECONDS = 60.0
EARLY_EXIT_SECONDS = 10.0  # an earlier exit counts as a failure to start
MAX_EARLY_EXITS = 5  # consecutive
BACKOFF_SECONDS = 0.5  # doubled with each early exit
MAX_BACKOFF_SECONDS = 60.0


class WorkersKeepFailing(Exception):
    """All workers exit shortly after they start."""


class WorkerSlot:
    """One of the workers: a sequence of processes that inherit the same listening sockets.

    `others_serve`: returns whether another slot has a process that serves.
    `on_change`: called when a process is ready or has exited.
    """

    def __init__(
        self,
        sockets: Sockets,
        environment: Mapping[str, str],
        others_serve: Callable[["WorkerSlot"], bool],
        on_change: Callable[[], None],
    ) -> None:
        self.sockets = sockets
        self._environment = environment
        self._others_serve = others_serve
        self._on_change = on_change
        self._monitors: dict[WorkerProcess, asyncio.Task[None]] = {}  # by running process
        self._current: WorkerProcess
        self._changing = asyncio.Lock()

    @property
    def is_serving(self) -> bool:
        return any(process.is_serving for process in self._monitors)

    def accept_also_from(self, sockets: Sockets) -> None:
        """Let the processes that serve accept connections from exactly these sockets besides the slot's own."""
        for process in self._monitors:
            if process.is_serving:
                process.accept_also_from(sockets)

    async def start(self) -> None:
        self._current = await self._start_process()

    async def wait_ready(self) -> None:
        """Wait until the current process, or the one that replaces it, is ready."""
        while True:
            if await self._current.is_ready(READY_SECONDS):
                return
            await asyncio.sleep(BACKOFF_SECONDS)

    async def run(self) -> None:
        """Replace processes that die, until cancelled. Raises WorkersKeepFailing."""
        early_exits = 0
        while True:
            process = self._current
            code = await process.wait()
            if self._current is not process:
                continue  # replaced on request
            has_failed = not process.was_ready or process.age() < EARLY_EXIT_SECONDS
            early_exits = early_exits + 1 if has_failed else 0
            backoff = self._backoff(early_exits)
            logger.error("Worker %d exited unexpectedly (exit code %d).", process.pid, code)
            await asyncio.sleep(backoff)
            async with self._changing:
                if self._current is process:
                    self._current = await self._start_process()

    def _backoff(self, early_exits: int) -> float:
        """Return the seconds to wait before the next start. Raises WorkersKeepFailing if no other worker serves."""
        if early_exits >= MAX_EARLY_EXITS and not self._others_serve(self):
            raise WorkersKeepFailing(
                f"{early_exits} workers exited within {EARLY_EXIT_SECONDS:.0f} s of starting. See the lines above."
            )
        return min(MAX_BACKOFF_SECONDS, BACKOFF_SECONDS * 2**early_exits) if early_exits else 0.0

    async def replace(self) -> bool:
        """Start a new process, and stop the old one once the new one is ready. Return False if it is never ready."""
        async with self._changing:
            new = await self._start_process()
            if not await new.is_ready(READY_SECONDS):
                await new.stop()
                return False
            old, self._current = self._current, new
        await old.stop()
        return True

    async def stop(self) -> None:
        monitors = list(self._monitors.values())
        await asyncio.gather(*(process.stop() for process in self._monitors), *monitors)

    async def _start_process(self) -> WorkerProcess:
        process = await start_worker(self.sockets, self._environment)
        self._monitors[process] = asyncio.create_task(self._monitor(process))
        return process

    async def _monitor(self, process: WorkerProcess) -> None:
        if await process.is_ready():
            self._on_change()
        await process.wait()
        self._on_change()
        await process.close()
        del self._monitors[process]
        mark_process_dead(process.pid, self._environment["PROMETHEUS_MULTIPROC_DIR"])
