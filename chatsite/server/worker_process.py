"""The places of a group's workers: each keeps one process serving, and replaces it when it dies or is told to."""

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
STOP_SECONDS = 9.5  # a worker leaves by itself after 9
QUICK_SECONDS = 10.0  # a worker that ends sooner was hardly killed by chance
QUICK_ENDS = 5  # in a row, and the supervisor gives up
PAUSE_SECONDS = 0.5  # doubled with each quick end


class GaveUp(Exception):
    """Workers end as soon as they start; says so in a sentence."""


class Slot:
    """The place of one worker, with the sockets that one after the other inherits."""

    def __init__(self, sockets: Sockets, environment: Mapping[str, str]) -> None:
        self._sockets = sockets
        self._environment = environment
        self._living: dict[Worker, asyncio.Task[None]] = {}
        self._current: Worker
        self._changing = asyncio.Lock()

    async def begin(self) -> None:
        self._current = await self._start()

    async def ready(self) -> None:
        """Wait until a worker of this place is ready, whichever."""
        while True:
            if await self._current.is_ready(READY_SECONDS):
                return
            await asyncio.sleep(PAUSE_SECONDS)

    async def keep(self) -> None:
        """See to it that a worker serves, until cancelled. Raises GaveUp."""
        quick_ends = 0
        while True:
            worker = self._current
            code = await worker.ended()
            if self._current is not worker:
                continue  # it was replaced
            logger.error("Worker %d ended by itself (exit code %d).", worker.pid, code)
            quick_ends = quick_ends + 1 if worker.age() < QUICK_SECONDS else 0
            if quick_ends >= QUICK_ENDS:
                raise GaveUp(f"{quick_ends} workers in a row ended within {QUICK_SECONDS:.0f} s. See the lines above.")
            await asyncio.sleep(PAUSE_SECONDS * 2**quick_ends if quick_ends else 0)
            async with self._changing:
                if self._current is worker:
                    self._current = await self._start()

    async def replace(self) -> bool:
        """Put a new worker in the old one's place once it is ready; return False when it did not become so."""
        async with self._changing:
            new = await self._start()
            if not await new.is_ready(READY_SECONDS):
                await new.stop()
                return False
            old, self._current = self._current, new
        await old.stop()
        return True

    async def stop(self) -> None:
        buried = list(self._living.values())
        await asyncio.gather(*(worker.stop() for worker in self._living), *buried)

    async def _start(self) -> "Worker":
        worker = await start_worker(self._sockets, self._environment)
        self._living[worker] = asyncio.create_task(self._bury(worker))
        return worker

    async def _bury(self, worker: "Worker") -> None:
        await worker.ended()
        await worker.close()
        del self._living[worker]
        mark_process_dead(worker.pid, self._environment["PROMETHEUS_MULTIPROC_DIR"])


class Worker:
    """A process that serves, as its supervisor sees it."""

    def __init__(self, process: asyncio.subprocess.Process, control: socket.socket) -> None:
        self.pid = process.pid
        self._process = process
        self._control = control  # its end would tell the worker that nobody is there
        self._began = time.monotonic()
        self._said_ready = asyncio.create_task(asyncio.get_running_loop().sock_recv(control, 1))

    def age(self) -> float:
        return time.monotonic() - self._began

    async def is_ready(self, within: float) -> bool:
        """Wait until it says so, ends, or `within` seconds are over."""
        await asyncio.wait([self._said_ready], timeout=within)
        return self._said_ready.done() and bool(self._said_ready.result())

    async def ended(self) -> int:
        return await self._process.wait()

    async def stop(self) -> None:
        """Let it leave politely; end it when it takes too long."""
        with suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGTERM)
            try:
                async with asyncio.timeout(STOP_SECONDS):
                    await self.ended()
            except TimeoutError:
                logger.error("Worker %d did not leave and is killed.", self.pid)
                self._process.kill()
        await self.ended()

    async def close(self) -> None:
        await self._said_ready  # the loop must not listen to a socket that is closed
        self._control.close()


async def start_worker(sockets: Sockets, environment: Mapping[str, str]) -> Worker:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    with theirs:
        inherited = [theirs.fileno(), *(each.fileno() for each in sockets)]
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "chatsite.server.worker", *map(str, inherited)),
            env=environment,
            pass_fds=inherited,
            start_new_session=True,  # Ctrl-C is for the supervisor alone: a second signal would end a worker rudely
        )
    return Worker(process, ours)
