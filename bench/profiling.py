"""Profiles the server during a workload, with cProfile inside the process or perf outside it."""

import pstats
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from signal import SIGINT, SIGUSR1, SIGUSR2

from bench.servers import RunningServer

KINDS = ("loop", "threads", "perf")
LINES = 50


@contextmanager
def profiled(server: RunningServer) -> Iterator[None]:
    """Profile the first server process while the block runs."""
    process, how = server.processes[0], server.profile
    if how is None:
        yield
    elif how.suffix == ".perf":
        command = ["perf", "record", "-q", "-F", "499", "-g", "-p", str(process.pid), "-o", str(how)]
        with subprocess.Popen(command) as recorder:
            yield
            recorder.send_signal(SIGINT)
    else:
        process.send_signal(SIGUSR1)
        yield
        process.send_signal(SIGUSR2)


def show(file: Path) -> None:
    """Print the profile in `file`, with the most expensive functions first."""
    if file.suffix == ".perf":
        for keys in ("dso", "dso,symbol"):
            report = ["perf", "report", "-i", str(file), "--stdio", "--no-children", "-g", "none", "--sort", keys]
            lines = subprocess.run(report, capture_output=True, text=True, check=True).stdout.splitlines()
            print("\n".join([line for line in lines if line and not line.startswith("#")][:LINES]), "\n")
        return
    main, *others = sorted(file.parent.glob(f"{file.name}*"))
    for each in filter(None, ([main], others)):
        stats = pstats.Stats(*map(str, each)).strip_dirs()
        print(f"-- {'the event loop' if each == [main] else f'{len(others)} other threads'}")
        stats.sort_stats("tottime").print_stats(LINES)
        stats.sort_stats("cumulative").print_stats(LINES)
