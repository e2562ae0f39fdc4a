"""Starts a confined process and sends it jobs."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

import msgspec

from live.isolation.worker import MAX_MESSAGE

MAX_JOBS = 200  # per process, which is then replaced because decoders leak memory
MAX_RESIDENT = 100_000_000  # bytes that an idle process may keep
NICENESS = 10  # so that the server comes first

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {  # excludes the server's own environment, which contains passwords
    "PATH": os.defpath,
    "LANG": "C.UTF-8",
    "MALLOC_ARENA_MAX": "1",  # each arena reserves address space, which is limited
    "MALLOC_MMAP_THRESHOLD_": "131072",  # returns freed memory to the system, keeping 30 of 600 MB rather than 170
}

Result = TypeVar("Result")


class ProcessFailed(Exception):
    """The process ended without a valid response."""


class TookTooLong(Exception):
    """The job took too long, so the process was killed."""


def start(
    module: str, *, cpu_seconds: float, niceness: int = NICENESS
) -> tuple["subprocess.Popen[bytes]", socket.socket]:
    """Start a process that calls `serve` in live/isolation/worker.py, and return it with the socket for its jobs."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)  # preserves message boundaries
    with theirs:
        process = subprocess.Popen(
            (sys.executable, "-s", "-m", module, str(cpu_seconds), str(niceness)),
            cwd=ROOT,
            env=ENVIRONMENT,
            stdin=theirs.fileno(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,  # decoders may print the contents of files
            process_group=0,  # so that Ctrl-C only reaches the server; a session's niceness counts only within it
        )
    return process, ours


class ConfinedProcess:
    """A process that runs one job at a time. It is started for the first one, and again whenever it has ended.

    cpu_seconds: the CPU time of a job, not counting the system's. seconds: its wall-clock time, including the start of
    the process. Can be used from any thread.
    """

    def __init__(self, module: str, *, cpu_seconds: float, seconds: float, niceness: int = NICENESS) -> None:
        self._start_process = partial(start, module, cpu_seconds=cpu_seconds, niceness=niceness)
        self._seconds = seconds
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: socket.socket | None = None
        self._jobs = 0
        self._is_closed = False

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def run(self, job: object, result_type: type[Result], files: Sequence[int] = ()) -> Result:
        """Send a job with open files, and return its result. Raises TookTooLong or ProcessFailed."""
        message = msgspec.json.encode(job)
        with self._lock:
            if self._jobs >= MAX_JOBS:
                self._end()
            response = self._respond(message, files)
            try:
                result = msgspec.json.decode(response, type=result_type)
            except msgspec.DecodeError as error:
                self._end()
                raise ProcessFailed from error
            if self._resident_bytes() > MAX_RESIDENT:
                self._end()
            return result

    def close(self) -> None:
        """End the process. A running call of `run` raises ProcessFailed, and so do later ones."""
        self._is_closed = True
        if (process := self._process) is not None:
            process.kill()
        with self._lock:
            self._end()

    def _respond(self, message: bytes, files: Sequence[int]) -> bytes:
        for _ in range(2):
            try:
                response = self._exchange(message, files)
            except TimeoutError:
                self._end()
                raise TookTooLong from None
            except OSError:  # the process had ended before it read the message
                self._end()
                continue
            if response:
                return response
            if self._end() == -signal.SIGVTALRM:
                raise TookTooLong
            break
        raise ProcessFailed

    def _exchange(self, message: bytes, files: Sequence[int]) -> bytes:
        """Send a message and return the response, or b"" if the process ended."""
        connection = self._connection or self._start()
        if self._is_closed:
            return b""
        socket.send_fds(connection, [message], files)
        self._jobs += 1
        return connection.recv(MAX_MESSAGE)

    def _start(self) -> socket.socket:
        self._process, self._connection = self._start_process()
        self._connection.settimeout(self._seconds)
        return self._connection

    def _end(self) -> int | None:
        """Kill the process, which holds nothing that needs closing. Return its exit code."""
        process, connection = self._process, self._connection
        self._process, self._connection, self._jobs = None, None, 0
        if connection is not None:
            connection.close()
        if process is None:
            return None
        process.kill()
        return process.wait()

    def _resident_bytes(self) -> int:
        """Return the memory that the process occupies, or 0 on other systems than Linux."""
        try:
            pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        except (OSError, IndexError):
            return 0
        return pages * os.sysconf("SC_PAGE_SIZE")
