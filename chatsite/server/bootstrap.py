"""What must be true before the server answers: it is alone, its tables are current, its static files are collected.

`python -m chatsite.server.bootstrap` does it for a site that is already served, before its workers are replaced.
"""

import fcntl
import hashlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import django
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.checks import ERROR, run_checks
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor


class NotReady(Exception):
    """Why the server cannot start, as one sentence that names the setting and the remedy."""


def claim_data_dir() -> IO[str]:
    """Hold DATA_DIR for this process for as long as the returned file stays open.

    Without Redis two processes cannot tell each other what was said, so only one may serve.
    """
    path = settings.DATA_DIR / "server.lock"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = open(path, "a")  # noqa: SIM115 (stays open as long as the process serves)
        fcntl.flock(file, (fcntl.LOCK_SH if settings.REDIS_URL else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise NotReady(
            f"Another server already uses DATA_DIR={settings.DATA_DIR}. Stop it first, or set the same REDIS_URL "
            "for both: then several processes may serve one site."
        ) from error
    except OSError as error:
        raise NotReady(
            f"DATA_DIR={settings.DATA_DIR} cannot be written ({error.strerror}). "
            "Make that folder writable, or set DATA_DIR to one that is."
        ) from error
    return file


def prepare() -> None:
    """Migrate and collect what is not current; both cost little when nothing is to do."""
    if errors := [found for found in run_checks() if found.level >= ERROR]:
        raise NotReady(f"{errors[0].msg} {errors[0].hint or ''}".strip())
    with _one_at_a_time(settings.DATA_DIR):
        _migrate()
        collect_static()


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _migrate() -> None:
    if connection.vendor == "sqlite":
        Path(connection.settings_dict["NAME"]).touch(mode=0o600)  # what people write is for nobody else's eyes
    try:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            print("Updating the database…", flush=True)
            call_command("migrate", interactive=False, verbosity=0)
    except OperationalError as error:
        reason = str(error).strip().splitlines()[0]
        raise NotReady(f"The database cannot be used ({reason}). Check DATABASE_URL and DATA_DIR.") from error


def collect_static() -> None:
    if settings.DEBUG:
        return  # served from where they lie
    stamp = Path(settings.STATIC_ROOT) / ".collected"
    fingerprint = _static_fingerprint()
    if stamp.exists() and stamp.read_text() == fingerprint:
        return
    print("Collecting static files…", flush=True)
    try:
        call_command("collectstatic", interactive=False, verbosity=0)
        stamp.write_text(fingerprint)
    except PermissionError as error:
        raise NotReady(f"{error.filename} cannot be written. Make DATA_DIR={settings.DATA_DIR} writable.") from error


def _static_fingerprint() -> str:
    """Names, sizes and times of all static files: reading them would cost more than the start may take."""
    digest = hashlib.sha256(repr(settings.STORAGES["staticfiles"]).encode())
    for finder in get_finders():
        for name, storage in finder.list(None):
            facts = os.stat(storage.path(name))
            digest.update(f"{name}\0{facts.st_size}\0{facts.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
    try:
        django.setup()
        prepare()
    except (ImproperlyConfigured, NotReady) as reason:
        sys.exit(f"Chatsite cannot be prepared. {reason}")


if __name__ == "__main__":
    main()
