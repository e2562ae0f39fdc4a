"""The server's interface to a sandbox process."""

import asyncio
import os
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import msgspec

from messaging.attachments.sandbox.messages import MAX_MESSAGE, InspectionJob, InspectionResult

MAX_JOBS = 200  # per process, which is then replaced because decoders leak memory

ROOT = Path(__file__).resolve().parents[3]
COMMAND = (sys.executable, "-s", "-m", "messaging.attachments.sandbox.main")
ENVIRONMENT = {  # excludes the server's own environment, which contains passwords
    "PATH": os.defpath,
    "LANG": "C.UTF-8",
    "MALLOC_ARENA_MAX": "1",  # each arena reserves address space, which is limited
    "MALLOC_MMAP_THRESHOLD_": "131072",  # returns freed memory to the system, keeping 30 of 600 MB rather than 170
}


class SandboxProcess:
    """A running sandbox process and the socket connected to it."""

    def __init__(self, process: asyncio.subprocess.Process, connection: socket.socket) -> None:
        self._process = process
        self._connection = connection
        self._jobs = 0

    @classmethod
    async def start(cls) -> Self:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)  # preserves message boundaries
        ours.setblocking(False)
        null = asyncio.subprocess.DEVNULL
        with theirs:
            process = await asyncio.create_subprocess_exec(
                *COMMAND,
                cwd=ROOT,
                env=ENVIRONMENT,
                stdin=theirs.fileno(),
                stdout=null,
                stderr=null,  # decoders may print the contents of files
                start_new_session=True,  # so that Ctrl-C only reaches the server
            )
        return cls(process, ours)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_usable(self) -> bool:
        return self._process.returncode is None and self._jobs < MAX_JOBS

    async def run(self, job: InspectionJob, files: Sequence[int]) -> InspectionResult:
        """Send a job and return its result. If this raises OSError or msgspec.DecodeError, end the process."""
        self._jobs += 1
        socket.send_fds(self._connection, [msgspec.json.encode(job)], files)
        response = await asyncio.get_running_loop().sock_recv(self._connection, MAX_MESSAGE)
        return msgspec.json.decode(response, type=InspectionResult)

    def kill(self) -> None:
        """Kill the process, which holds nothing that needs closing. A pending `run` call raises an exception."""
        if self._process.returncode is None:
            self._process.kill()

    def close(self) -> None:
        """Kill the process and close the connection. Must not be called during `run`, which would never return."""
        self.kill()
        self._connection.close()

    async def end(self) -> None:
        """Kill the process and wait for it to exit."""
        self.close()
        await self._process.wait()
