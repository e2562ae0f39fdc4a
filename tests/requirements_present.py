"""Finds required programs. Tests whose requirements are missing are skipped, or fail if CI=true."""

import os
import shutil
from pathlib import Path
from typing import NoReturn

import pytest

PLACES = {  # the locations of programs that are not on PATH
    "postgres": sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), reverse=True),
    "initdb": sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True),
    "nginx": [Path("/usr/sbin/nginx")],
    "chromium": [Path(path) for name in ("google-chrome", "chrome") if (path := shutil.which(name))],
    "firefox-esr": [Path(path)] if (path := shutil.which("firefox")) else [],
}
PACKAGES = {
    "postgres": "postgresql",
    "initdb": "postgresql",
    "pg_dump": "postgresql",
    "WebKitWebDriver": "webkit2gtk-driver",
    "Xvfb": "xvfb",
}


def program(name: str) -> str:
    """Return the path of the program `name`. Skip (or, under CI, fail) the running test if it is not installed."""
    return find(name) or go_without(
        f"{name} is not installed: apt-get install -y --no-install-recommends {PACKAGES.get(name, name)}"
    )


def go_without(reason: str) -> NoReturn:
    """Skip (or, under CI, fail) the running test."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def find(name: str) -> str | None:
    """Return the path of the program `name`, or None."""
    return shutil.which(name) or next((str(path) for path in PLACES.get(name, []) if path.exists()), None)
