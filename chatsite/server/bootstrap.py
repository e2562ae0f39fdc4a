"""Prepares the site before it is served: locks DATA_DIR, migrates the database and collects static files.

`python -m chatsite.server.bootstrap` prepares a running site again, before its workers are replaced.
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
    """The server cannot start. The message tells the operator which setting to change and how."""


def claim_data_dir() -> IO[str]:
    """Lock DATA_DIR for as long as the returned file stays open. Raises NotReady.

    Without Redis, processes cannot exchange events, so only one may serve.
    """
    path = settings.DATA_DIR / "server.lock"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = open(path, "a")  # noqa: SIM115 (held while the process serves)
        fcntl.flock(file, (fcntl.LOCK_SH if settings.REDIS_URL else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise NotReady(
            f"Another server already uses DATA_DIR={settings.DATA_DIR}. Stop it first, or set the same "
            "REDIS_URL for both, so that they can serve one site together."
        ) from error
    except OSError as error:
        raise NotReady(
            f"DATA_DIR={settings.DATA_DIR} is not writable ({error.strerror}). "
            "Make it writable, or set DATA_DIR to another folder."
        ) from error
    return file


def prepare() -> None:
    """Migrate the database and collect static files if needed. Raises NotReady."""
    if errors := [found for found in run_checks() if found.level >= ERROR]:
        raise NotReady(f"{errors[0].msg} {errors[0].hint or ''}".strip())
    with _exclusive_lock(settings.DATA_DIR):
        _migrate()
        collect_static()


@contextmanager
def _exclusive_lock(folder: Path) -> Iterator[None]:
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _migrate() -> None:
    if connection.vendor == "sqlite":
        Path(connection.settings_dict["NAME"]).touch(mode=0o600)  # it holds private messages
    try:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            print("Updating the database…", flush=True)
            call_command("migrate", interactive=False, verbosity=0)
    except OperationalError as error:
        reason = str(error).strip().splitlines()[0]
        raise NotReady(f"The database is not available ({reason}). Check DATABASE_URL and DATA_DIR.") from error


def collect_static() -> None:
    if settings.DEBUG:
        return  # served from the source folders
    stamp = Path(settings.STATIC_ROOT) / ".collected"
    fingerprint = _static_fingerprint()
    if stamp.exists() and stamp.read_text() == fingerprint:
        return
    print("Collecting static files…", flush=True)
    try:
        call_command("collectstatic", interactive=False, verbosity=0)
        stamp.write_text(fingerprint)
    except PermissionError as error:
        raise NotReady(f"{error.filename} is not writable. Make DATA_DIR={settings.DATA_DIR} writable.") from error


def _static_fingerprint() -> str:
    """Hash the names, sizes and modification times of all static files. Reading their contents would delay startup."""
    digest = hashlib.sha256(repr(settings.STORAGES["staticfiles"]).encode())
    for finder in get_finders():
        for name, storage in finder.list(None):
            stat = os.stat(storage.path(name))
            digest.update(f"{name}\0{stat.st_size}\0{stat.st_mtime_ns}\n".encode())
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
