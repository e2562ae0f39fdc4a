"""Prepares the site before it is served: migrates the database and collects static files.

`python -m chatsite.server.bootstrap` prepares a running site again, before its workers are replaced.
"""

import fcntl
import hashlib
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import django
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.contrib.staticfiles.management.commands.collectstatic import Command as CollectStatic
from django.core.checks import ERROR, run_checks
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import storages
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from chatsite.generated_files import GeneratedFilesFinder
from chatsite.server import connection_limit
from chatsite.server.data_dir import NotReady, create_database, database_errors, public_files

COLLECTING = ".collecting-"


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
    create_database()
    with database_errors():
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            print("Updating the database…", flush=True)
            call_command("migrate", interactive=False, verbosity=0)
        connection_limit.warn_if_too_low()


def collect_static() -> None:
    if settings.DEBUG:
        return  # served from the source folders
    stamp = Path(settings.STATIC_ROOT) / ".collected"
    fingerprint = _static_fingerprint()
    if stamp.exists() and stamp.read_text() == fingerprint:
        return
    print("Collecting static files…", flush=True)
    try:
        with public_files():  # for nginx
            _collect(Path(settings.STATIC_ROOT))
        stamp.write_text(fingerprint)
    except PermissionError as error:
        raise NotReady(f"{error.filename} is not writable. Make DATA_DIR={settings.DATA_DIR} writable.") from error


def _collect(root: Path) -> None:
    """Replace each file atomically, because the folder is being served during a rolling restart.

    Keep files of earlier versions, which open pages may still load.
    """
    root.mkdir(parents=True, exist_ok=True)
    for abandoned in root.glob(f"{COLLECTING}*"):
        shutil.rmtree(abandoned)
    with TemporaryDirectory(prefix=COLLECTING, dir=root) as folder:
        options = settings.STORAGES["staticfiles"]
        command = CollectStatic()
        command.storage = storages.create_storage(
            options | {"OPTIONS": {**options.get("OPTIONS", {}), "location": folder}}
        )
        call_command(command, interactive=False, verbosity=0)
        for path in sorted(Path(folder).rglob("*")):
            target = root / path.relative_to(folder)
            if path.is_dir():
                target.mkdir(exist_ok=True)
            else:
                path.replace(target)


def _static_fingerprint() -> str:
    """Hash the names, sizes and modification times of all static files. Reading their contents would delay startup.

    Generated files are the same for all sites of a version, although each site writes its own.
    """
    digest = hashlib.sha256(repr(settings.STORAGES["staticfiles"]).encode())
    for finder in get_finders():
        if isinstance(finder, GeneratedFilesFinder):
            digest.update(repr(list(finder.generate())).encode())
            continue
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
