"""Waiting for what happens in another process, of which nobody is told: a port, a file, a row, a page."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

PATIENCE = 90.0
# Between two looks. There is nothing to wait on; without a pause the looking takes the processor from what it waits for.
PAUSE = 0.02

What = str | Callable[[], str]


def wait_until(is_so: Callable[[], object], what: What, seconds: float = PATIENCE) -> None:
    """Raises TimeoutError, which says `what` did not come, after so many seconds."""
    deadline = time.monotonic() + seconds
    while not is_so():
        _look_at(deadline, what, seconds)
        time.sleep(PAUSE)


async def until(is_so: Callable[[], object], what: What, seconds: float = PATIENCE) -> None:
    """The same beside others on the loop."""
    deadline = time.monotonic() + seconds
    while not is_so():
        _look_at(deadline, what, seconds)
        await asyncio.sleep(PAUSE)


def is_there(pid: int) -> bool:
    """Whoever adopts it may never take note of its end."""
    stat = read_of(pid, "stat")
    return bool(stat) and stat.rpartition(b")")[2].split()[0] != b"Z"


def read_of(pid: int, name: str) -> bytes:
    """A file of /proc about a process; nothing if the process is gone, also where it goes between opening and reading."""
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def _look_at(deadline: float, what: What, seconds: float) -> None:
    if time.monotonic() > deadline:
        raise TimeoutError(f"not within {seconds:.0f} s: {what if isinstance(what, str) else what()}")
