"""Cores, CPU time and memory, as measured by the kernel."""

import os
import resource
from pathlib import Path
from subprocess import Popen
from typing import Any

TICKS = os.sysconf("SC_CLK_TCK")
CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE, LOAD_CORE = CORES[0], CORES[-1]  # with a single core, they are the same and figures mean little


def pin(core: int, pid: int = 0) -> None:
    os.sched_setaffinity(pid, {core})


def on_core(core: int) -> dict[str, Any]:
    """Return options for Popen that keep the process and all its threads on `core`."""
    return {"preexec_fn": lambda: pin(core)}


def allow_many_sockets() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def cpu_seconds(processes: list[Popen]) -> list[float]:
    """Return the CPU seconds used so far by each process, in all threads, in user and kernel mode."""
    return [_cpu_of(process.pid) for process in processes]


def _cpu_of(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory_bytes(process: Popen) -> int:
    """Return the proportional set size, which counts shared pages in part."""
    for line in Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    raise ValueError("the kernel does not tell the memory of a process")
