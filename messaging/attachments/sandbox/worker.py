"""The server's end of one workshop process."""

import asyncio
import os
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import msgspec

from messaging.attachments.sandbox.messages import MAX_MESSAGE, Answer, Job

MAX_JOBS = 200  # what a decoder leaks ends with its process

ROOT = Path(__file__).resolve().parents[3]
COMMAND = (sys.executable, "-s", "-m", "messaging.attachments.sandbox.main")
ENVIRONMENT = {  # the server's own holds passwords
    "PATH": os.defpath,
    "LANG": "C.UTF-8",
    "MALLOC_ARENA_MAX": "1",  # each more would reserve addresses, which are limited
    "MALLOC_MMAP_THRESHOLD_": "131072",  # pictures go back to the system: 30 MB stay of up to 600, else 170
}


class Worker:
    def __init__(self, process: asyncio.subprocess.Process, line: socket.socket) -> None:
        self._process = process
        self._line = line
        self._jobs = 0

    @classmethod
    async def start(cls) -> Self:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)  # a message stays one
        ours.setblocking(False)
        nowhere = asyncio.subprocess.DEVNULL
        with theirs:
            process = await asyncio.create_subprocess_exec(
                *COMMAND,
                cwd=ROOT,
                env=ENVIRONMENT,
                stdin=theirs.fileno(),
                stdout=nowhere,
                stderr=nowhere,  # libraries print what the file says
                start_new_session=True,  # Ctrl+C is for the server
            )
        return cls(process, ours)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_fit(self) -> bool:
        return self._process.returncode is None and self._jobs < MAX_JOBS

    async def ask(self, job: Job, files: Sequence[int]) -> Answer:
        """Raises OSError or msgspec.DecodeError when it dies or answers nonsense: then end it."""
        self._jobs += 1
        socket.send_fds(self._line, [msgspec.json.encode(job)], files)
        answer = await asyncio.get_running_loop().sock_recv(self._line, MAX_MESSAGE)
        return msgspec.json.decode(answer, type=Answer)

    def kill(self) -> None:
        """It holds nothing that would have to be brought to an end. Whoever asks hears that it is gone."""
        if self._process.returncode is None:
            self._process.kill()

    def close(self) -> None:
        """Not while somebody asks: that would be waited for for ever."""
        self.kill()
        self._line.close()

    async def end(self) -> None:
        self.close()
        await self._process.wait()
