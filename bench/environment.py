"""The machine and versions with which a result was measured."""

import os
import platform
import re
import sqlite3
from importlib.metadata import version
from pathlib import Path

from bench import node

PACKAGES = "django uvicorn uvloop channels daphne channels-redis websockets msgspec".split()


def table() -> str:
    rows = {
        "cores": str(os.cpu_count()),
        "CPU": _cpu(),
        "kernel": platform.release(),
        "Python": platform.python_version(),
        "SQLite": sqlite3.sqlite_version,
        "load before": f"{os.getloadavg()[0]:.2f}",
        **{package: version(package) for package in PACKAGES},
        **node.versions(),
    }
    return "\n".join(["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows.items()), ""])


def _cpu() -> str:
    found = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    return found[1] if found else platform.processor()
