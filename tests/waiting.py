"""Waits for changes made by another process: a port, a file, a row, a page."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

PATIENCE = 90.0
# Between two checks, which must not take CPU time from the process they wait for.
PAUSE = 0.02

What = str | Callable[[], str]


def wait_until(condition: Callable[[], object], what: What, seconds: float = PATIENCE) -> None:
    """Wait until `condition()`. Raises TimeoutError naming `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        _check_deadline(deadline, what, seconds)
        time.sleep(PAUSE)


async def until(condition: Callable[[], object], what: What, seconds: float = PATIENCE) -> None:
    """Wait like `wait_until`, on the event loop."""
    deadline = time.monotonic() + seconds
    while not condition():
        _check_deadline(deadline, what, seconds)
        await asyncio.sleep(PAUSE)


def is_running(pid: int) -> bool:
    """Return whether a process runs. A zombie does not: its new parent may never reap it."""
    stat = read_proc(pid, "stat")
    return bool(stat) and stat.rpartition(b")")[2].split()[0] != b"Z"


def peak_memory(pid: int) -> int:
    """Return the largest number of bytes that a process has occupied."""
    return next(int(line.split()[1]) * 1024 for line in read_proc(pid, "status").splitlines() if b"VmHWM" in line)


def read_proc(pid: int, name: str) -> bytes:
    """Return the content of a process's file in /proc, or b"" if the process no longer exists."""
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def _check_deadline(deadline: float, what: What, seconds: float) -> None:
    if time.monotonic() > deadline:
        raise TimeoutError(f"not within {seconds:.0f} s: {what if isinstance(what, str) else what()}")
