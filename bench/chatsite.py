"""Runs the real Chatsite, `python -m chatsite.server`, with its own folder and database."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from http.client import HTTPConnection
from pathlib import Path
from subprocess import Popen
from tempfile import mkdtemp

from bench.machine import SERVER_CORE, on_core
from bench.protocols import Chatsite, Participant
from bench.servers import ROOT, Population, RunningServer, hanging_mail_server, redis
from tests.services import free_port, postgres_server, running

SECRET_KEY = "only for the benchmark, on loopback, in a folder that goes away"


@contextmanager
def chatsite(
    people: Population,
    *,
    cores: tuple[int, ...] = (SERVER_CORE,),
    with_redis: bool = False,
    with_postgres: bool = False,
    with_hanging_mail: bool = False,
    module: str = "chatsite.server",
    filler: str = "bench.people",
    profile: Path | None = None,
    **environment: str,
) -> Iterator[RunningServer]:
    """Run one server process per core. Several processes need Redis. Services run on the generator's core."""
    folder = Path(mkdtemp(prefix="chatsite-bench-"))
    try:
        with ExitStack() as stack:
            database: Path | str = folder / "chatsite.sqlite3"
            if with_postgres:
                database = environment["DATABASE_URL"] = stack.enter_context(postgres_server())
                (folder / "static").symlink_to(_static())
                known = _fill(people, folder, filler, DATABASE_URL=database)
            else:
                known = _copy_populated(people, folder, filler)
            if with_redis:
                environment["REDIS_URL"] = stack.enter_context(redis())
            if with_hanging_mail:
                environment["EMAIL_URL"] = stack.enter_context(hanging_mail_server())
            ports = [free_port() for _ in cores]
            processes = [
                stack.enter_context(_server(module, folder, port, core, profile, environment))
                for port, core in zip(ports, cores, strict=True)
            ]
            participants = [
                Participant(f"person{number}", known["rooms"][number % people.rooms], **{kind: secret})
                for kind, secrets in (("cookie", known.get("sessions", ())), ("token", known.get("tokens", ())))
                for number, secret in enumerate(secrets)
            ]
            yield RunningServer(
                Chatsite(),
                ports,
                participants,
                processes,
                database,
                "messaging_message",
                profile,
                people.messages,
            )
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def environment_of(folder: Path, **more: str) -> dict[str, str]:
    own = {
        "ENV_FILE": os.devnull,
        "DATA_DIR": str(folder),
        "SECRET_KEY": SECRET_KEY,
        "LOG_LEVEL": "warning",
        "CHAT_RATE": "0",
        "CHAT_MAX_CONNECTIONS_PER_PERSON": "0",
        "DJANGO_SETTINGS_MODULE": "chatsite.settings",
    }
    return {**os.environ, **own, **more}


@contextmanager
def _server(
    module: str, folder: Path, port: int, core: int, profile: Path | None, more: dict[str, str]
) -> Iterator[Popen]:
    command = [sys.executable, "-m"]
    if profile and profile.suffix != ".perf":  # perf profiles the process from outside
        command += ["bench.profiled", str(profile)]
    environment = environment_of(folder, PORT=str(port), **more)
    with running([*command, module], lambda: _is_alive(port), env=environment, cwd=ROOT, **on_core(core)) as process:
        yield process


def _is_alive(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/health/live")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _copy_populated(people: Population, folder: Path, filler: str) -> dict[str, list]:
    template, known = _populated_folder(people, filler)
    for path in template.iterdir():
        if path.is_file():
            shutil.copy(path, folder)
    (folder / "static").symlink_to(_static())
    return known


@cache
def _populated_folder(people: Population, filler: str) -> tuple[Path, dict[str, list]]:
    """Build the populated database once for all rounds."""
    folder = Path(mkdtemp(dir=templates()))
    (folder / "static").symlink_to(_static())
    return folder, _fill(people, folder, filler)


def _fill(people: Population, folder: Path, filler: str, **environment: str) -> dict[str, list]:
    """Fill a database and return the IDs of its rooms, and the users' sessions or the bots' tokens."""
    command = [sys.executable, "-c", f"import django; django.setup(); from {filler} import main; main()"]
    command += [str(number) for number in (people.users, people.rooms, people.each, people.messages, people.blocks)]
    made = subprocess.run(
        command, env=environment_of(folder, **environment), cwd=ROOT, check=True, stdout=subprocess.PIPE
    )
    return json.loads(made.stdout.splitlines()[-1])  # collecting description so first


@cache
def templates() -> Path:
    return Path(mkdtemp(prefix="chatsite-bench-people-"))


def _static() -> Path:
    folder = templates() / "static"
    folder.mkdir(exist_ok=True)
    return folder
