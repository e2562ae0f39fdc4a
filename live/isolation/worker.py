"""The loop of a confined process. Standard input is a socket, on which each job arrives as JSON with open files."""

import os
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

import msgspec

from live.isolation.confinement import confine

MAX_MESSAGE = 200_000  # bytes; larger than a socket pair's longest packet is not needed
MAX_FILES = 3  # descriptors per job
IDLE_SECONDS = 60.0

Job = TypeVar("Job")


def serve(work: Callable[[Job, list[int]], object], job_type: type[Job]) -> None:
    """Respond to each job with the result of `work`, which has to close the job's files.

    The command takes two arguments: the CPU seconds of a job, after which the process is killed, and the niceness.
    Returns when the server closes the socket or after a minute without work.
    """
    cpu_seconds, niceness = float(sys.argv[1]), int(sys.argv[2])
    server = socket.socket(fileno=0)
    server.settimeout(IDLE_SECONDS)
    os.nice(niceness)
    confine()
    with suppress(TimeoutError):
        while True:
            message, files, _flags, _address = socket.recv_fds(server, MAX_MESSAGE, MAX_FILES)
            if not message:
                return
            signal.setitimer(signal.ITIMER_VIRTUAL, cpu_seconds)
            server.send(msgspec.json.encode(work(msgspec.json.decode(message, type=job_type), files)))
