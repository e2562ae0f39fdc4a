"""Runs a module under cProfile: `python -m bench.profiled FILE MODULE`. SIGUSR1 starts profiling, SIGUSR2 writes FILE.

A file named *.loop contains the main thread's profile. For *.threads, additional files *.threads.1, *.threads.2 …
contain those of the other threads from their start on. All are in seconds of the thread's own CPU time, so waiting
takes no time. The time of the call that a thread was in at the end is meaningless.
"""

import cProfile
import runpy
import signal
import sys
import threading
import time
from typing import Any

file, module = sys.argv[1:3]
profiles: list[cProfile.Profile] = []


def begin(*_: Any) -> None:
    profiles[0].enable()


def write(*_: Any) -> None:
    profiles[0].disable()
    for number, profile in enumerate(profiles):
        profile.dump_stats(f"{file}.{number}" if number else file)


def join(*_: Any) -> None:
    """Start a new thread's own profile at its first event."""
    profile = cProfile.Profile(time.thread_time)
    profiles.append(profile)
    profile.enable()


if file.endswith(".threads"):
    profiles.append(cProfile.Profile(time.thread_time))
    threading.setprofile(join)
else:
    profiles.append(cProfile.Profile())
signal.signal(signal.SIGUSR1, begin)
signal.signal(signal.SIGUSR2, write)
sys.argv = sys.argv[2:]
runpy.run_module(module, run_name="__main__", alter_sys=True)
