"""A worker process as the supervisor sees it: starting, ready, hung or exited."""

import asyncio
import logging
import signal
import socket
import sys
import time
from collections.abc import Mapping
from contextlib import suppress

from chatsite.server.bind import Sockets
from chatsite.server.worker import ACCEPT, READY

logger = logging.getLogger(__name__)

STOP_SECONDS = 9.5  # a worker exits by itself after 9
CHECK_SECONDS = 5.0
# Consecutive checks without a report after which a worker counts as hung. They are counted, not timed, because the
# supervisor may have been suspended.
MAX_SILENT_CHECKS = 6
MAX_SILENT_CHECKS_AT_START = 12  # while modules are imported
ABORT_SECONDS = 1.0  # for a hung process to print its stacks


class WorkerProcess:
    """A running `python -m chatsite.server.worker`, connected by a control socket."""

    def __init__(self, process: asyncio.subprocess.Process, control: socket.socket) -> None:
        self.pid = process.pid
        self._process = process
        self._control = control  # closing it stops the worker
        self._started_at = time.monotonic()
        self._ready = asyncio.Event()
        self._has_reported = False
        self._is_silent = True  # since the last check
        self._reports = asyncio.create_task(self._read_reports())
        self._watch = asyncio.create_task(self._kill_if_hung())

    @property
    def was_ready(self) -> bool:
        return self._ready.is_set()

    @property
    def is_serving(self) -> bool:
        return self.was_ready and self._process.returncode is None

    def age(self) -> float:
        return time.monotonic() - self._started_at

    async def is_ready(self, within: float | None = None) -> bool:
        """Wait until the process is ready or exits, for at most `within` seconds. Return whether it is ready."""
        ready = asyncio.create_task(self._ready.wait())
        await asyncio.wait([ready, self._reports], timeout=within, return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        return self.was_ready

    def accept_also_from(self, sockets: Sockets) -> None:
        """Let the process accept connections from exactly these listening sockets besides its own."""
        with suppress(OSError):  # it hangs or has just died
            socket.send_fds(self._control, [ACCEPT], [each.fileno() for each in sockets])

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
        """Close the control socket of a process that has exited."""
        self._watch.cancel()
        await asyncio.wait([self._watch, self._reports])  # first: the loop must not wait for a closed socket
        self._control.close()

    async def _read_reports(self) -> None:
        loop = asyncio.get_running_loop()
        with suppress(ConnectionResetError):
            while reports := await loop.sock_recv(self._control, 1024):
                self._has_reported, self._is_silent = True, False
                if READY in reports:
                    self._ready.set()

    async def _kill_if_hung(self) -> None:
        silent_checks = 0
        while silent_checks < (MAX_SILENT_CHECKS if self._has_reported else MAX_SILENT_CHECKS_AT_START):
            await asyncio.sleep(CHECK_SECONDS)
            silent_checks = silent_checks + 1 if self._is_silent else 0
            self._is_silent = True
        logger.error("Worker %d has not responded for %.0f s and is killed.", self.pid, silent_checks * CHECK_SECONDS)
        with suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGABRT)
            await asyncio.sleep(ABORT_SECONDS)
            self._process.kill()


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
