"""Runs a real server process on the tests' database."""

import fcntl
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from subprocess import Popen
from urllib.error import URLError

from django.conf import settings

from tests.services import free_port, running


@dataclass(frozen=True)
class Site:
    kind: str
    port: int
    process: Popen
    data_dir: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def socket_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ws/"

    @property
    def log(self) -> str:
        return log_of(self.data_dir).read_text(errors="replace")


def log_of(data_dir: Path) -> Path:
    return data_dir / "server.log"


@contextmanager
def run_site(kind: str, database: str | Path, data_dir: Path, **environment: str) -> Iterator[Site]:
    """Serve on a free port, or on `PORT`, until the block ends. `kind` is 'uvicorn' or 'daphne'."""
    port = int(environment.get("PORT") or free_port())
    values = {
        "DATA_DIR": str(data_dir),
        "SECRET_KEY": settings.SECRET_KEY,
        "DATABASE_URL": f"sqlite:///{database}",
        "PORT": str(port),
        "LOG_LEVEL": "warning",
        "EMAIL_URL": "dummymail://",  # the queue in the database belongs to the tests
        "CHAT_RATE": "0",  # users of different tests share ids
        **environment,
    }
    values = {**os.environ, **values, "DJANGO_SETTINGS_MODULE": "chatsite.settings"}
    commands = {
        "uvicorn": ["-m", "chatsite.server"],
        "daphne": ["-m", "daphne", "-b", "127.0.0.1", "-p", str(port), "chatsite.asgi:application"],
    }
    data_dir.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        (data_dir / "static").symlink_to(collected())
    url = f"http://127.0.0.1:{port}/health/live"
    with running([sys.executable, *commands[kind]], lambda: _answers(url), log=log_of(data_dir), env=values) as process:
        yield Site(kind, port, process, data_dir)


class SiteOnDemand:
    """A site that runs from when it is first needed until it is stopped."""

    def __init__(self, kind: str, database: str | Path, data_dir: Path) -> None:
        self._start = partial(run_site, kind, database, data_dir)
        self._running = ExitStack()
        self._site: Site | None = None

    def get(self) -> Site:
        self._site = self._site or self._running.enter_context(self._start())
        return self._site

    def stop(self) -> None:
        self._running.close()
        self._site = None


@cache
def collected() -> Path:
    """Return the static files, collected once for all sites: compressing them takes longer than starting a server."""
    folder = Path(settings.DATA_DIR) / "collected"
    folder.mkdir(parents=True, exist_ok=True)
    program = "import django; django.setup(); from chatsite.server.bootstrap import collect_static; collect_static()"
    values = {"DATA_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "chatsite.settings"}
    with open(folder / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        subprocess.run([sys.executable, "-c", program], env={**os.environ, **values}, check=True)
    return folder / "static"


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status == 200
    except (URLError, ConnectionError, TimeoutError):
        return False
