"""The supervisor's view of worker processes. A slot keeps one running, and replaces it if it dies or on request."""

import asyncio
import logging
import signal
import socket
import sys
import time
from collections.abc import Mapping
from contextlib import suppress

from prometheus_client.multiprocess import mark_process_dead

from chatsite.server.bind import Sockets

logger = logging.getLogger(__name__)

READY_SECONDS = 60.0
STOP_SECONDS = 9.5  # a worker exits by itself after 9
EARLY_EXIT_SECONDS = 10.0  # an earlier exit counts as a failure to start
MAX_EARLY_EXITS = 5  # in a row
BACKOFF_SECONDS = 0.5  # doubled with each early exit


class WorkersKeepFailing(Exception):
    """Workers exit as soon as they start. The message is addressed to the operator."""


class WorkerSlot:
    """One of the workers: a sequence of processes that inherit the same listening sockets."""

    def __init__(self, sockets: Sockets, environment: Mapping[str, str]) -> None:
        self._sockets = sockets
        self._environment = environment
        self._reapers: dict[WorkerProcess, asyncio.Task[None]] = {}  # for the processes that are alive
        self._current: WorkerProcess
        self._changing = asyncio.Lock()

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
                continue  # it was replaced on request
            logger.error("Worker %d exited unexpectedly (exit code %d).", process.pid, code)
            early_exits = early_exits + 1 if process.age() < EARLY_EXIT_SECONDS else 0
            if early_exits >= MAX_EARLY_EXITS:
                raise WorkersKeepFailing(
                    f"{early_exits} workers in a row exited within {EARLY_EXIT_SECONDS:.0f} s. See the lines above."
                )
            await asyncio.sleep(BACKOFF_SECONDS * 2**early_exits if early_exits else 0)
            async with self._changing:
                if self._current is process:
                    self._current = await self._start_process()

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
        reapers = list(self._reapers.values())
        await asyncio.gather(*(process.stop() for process in self._reapers), *reapers)

    async def _start_process(self) -> "WorkerProcess":
        process = await start_worker(self._sockets, self._environment)
        self._reapers[process] = asyncio.create_task(self._reap(process))
        return process

    async def _reap(self, process: "WorkerProcess") -> None:
        await process.wait()
        await process.close()
        del self._reapers[process]
        mark_process_dead(process.pid, self._environment["PROMETHEUS_MULTIPROC_DIR"])


class WorkerProcess:
    """A running `python -m chatsite.server.worker`, connected by a control socket."""

    def __init__(self, process: asyncio.subprocess.Process, control: socket.socket) -> None:
        self.pid = process.pid
        self._process = process
        self._control = control  # closing it tells the worker that the supervisor is gone
        self._started_at = time.monotonic()
        self._ready = asyncio.create_task(asyncio.get_running_loop().sock_recv(control, 1))

    def age(self) -> float:
        return time.monotonic() - self._started_at

    async def is_ready(self, within: float) -> bool:
        """Wait for the process to report that it is ready, for at most `within` seconds. Return whether it is ready."""
        await asyncio.wait([self._ready], timeout=within)
        return self._ready.done() and bool(self._ready.result())

    async def wait(self) -> int:
        """Wait until the process exits, and return its exit code."""
        return await self._process.wait()

    async def stop(self) -> None:
        """Ask the process to exit, and kill it if it takes too long."""
        with suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGTERM)
            try:
                async with asyncio.timeout(STOP_SECONDS):
                    await self.wait()
            except TimeoutError:
                logger.error("Worker %d did not exit in time and is killed.", self.pid)
                self._process.kill()
        await self.wait()

    async def close(self) -> None:
        await self._ready  # a closed socket must not stay registered with the loop
        self._control.close()


async def start_worker(sockets: Sockets, environment: Mapping[str, str]) -> WorkerProcess:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    with theirs:
        inherited = [theirs.fileno(), *(each.fileno() for each in sockets)]
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "chatsite.server.worker", *map(str, inherited)),
            env=environment,
            pass_fds=inherited,
            start_new_session=True,  # so that Ctrl-C reaches only the supervisor: a second signal kills a worker
        )
    return WorkerProcess(process, ours)
