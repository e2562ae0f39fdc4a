"""Backups of a site: a consistent copy of the database, the keys and the uploaded files, in one folder.

Everything is written to a hidden folder first, which is renamed once it is complete. Only its owner can read it.
"""

import os
import shutil
import sqlite3
import subprocess
import tarfile
from contextlib import closing
from pathlib import Path

from django.conf import settings
from django.db import connection

# The rest of DATA_DIR can be recreated, or belongs to unfinished uploads.
FILES = ("secret_key", "push_key", "media")
POSTGRES_OPTIONS = ("sslmode", "sslrootcert", "sslcert", "sslkey")


class BackupFailed(Exception):
    """The backup failed, and its files have been deleted. The message contains the reason."""


def back_up(folder: Path) -> None:
    """Back up the site to a new folder. Raises BackupFailed."""
    if folder.exists():
        raise BackupFailed(f"{folder} already exists. Choose a new folder.")
    draft = folder.with_name(f".{folder.name}.incomplete")
    try:
        draft.mkdir(mode=0o700)
        # The database first, so that its messages don't refer to files added later.
        _copy_sqlite(draft) if connection.vendor == "sqlite" else _dump_postgres(draft)
        _pack_files(draft / "files.tar")
        draft.rename(folder)
    except FileExistsError as error:
        raise BackupFailed(f"{draft} exists. If no other backup is running, delete it.") from error
    except (OSError, sqlite3.Error) as error:
        shutil.rmtree(draft, ignore_errors=True)
        raise BackupFailed(f"The backup could not be written: {error}.") from error
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


def _copy_sqlite(draft: Path) -> None:
    target = _new_file(draft / "database.sqlite3")
    source = f"{Path(connection.settings_dict['NAME']).as_uri()}?mode=rw"  # fails if the file doesn't exist
    with closing(sqlite3.connect(source, uri=True)) as live, closing(sqlite3.connect(target)) as copy:
        live.backup(copy)
        if (result := copy.execute("PRAGMA quick_check").fetchone()[0]) != "ok":
            raise BackupFailed(f"The database is damaged: {result}.")


def _dump_postgres(draft: Path) -> None:
    database = connection.settings_dict
    values = {"PGDATABASE": "NAME", "PGUSER": "USER", "PGPASSWORD": "PASSWORD", "PGHOST": "HOST", "PGPORT": "PORT"}
    environment = {name: str(database[key]) for name, key in values.items() if database[key]}
    environment |= {f"PG{name.upper()}": str(v) for name, v in database["OPTIONS"].items() if name in POSTGRES_OPTIONS}
    command = ["pg_dump", "--no-password", "--format=custom", f"--file={_new_file(draft / 'database.pgdump')}"]
    try:
        result = subprocess.run(command, env=os.environ | environment, stderr=subprocess.PIPE, text=True)
    except FileNotFoundError:
        raise BackupFailed("pg_dump is not installed. On Debian or Ubuntu, install postgresql-client.") from None
    if result.returncode != 0:
        raise BackupFailed(f"pg_dump failed: {result.stderr.strip()}")


def _pack_files(target: Path) -> None:
    """Pack the files without compression, because images and videos are already compressed."""
    with tarfile.open(_new_file(target), "w") as archive:
        for name in FILES:
            for path in _walk(settings.DATA_DIR / name):
                _add(archive, path)


def _walk(path: Path) -> list[Path]:
    return sorted(found for found in (path, *path.rglob("*")) if found.is_file())


def _add(archive: tarfile.TarFile, path: Path) -> None:
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return  # deleted while the backup runs
    with file:
        archive.addfile(archive.gettarinfo(arcname=str(path.relative_to(settings.DATA_DIR)), fileobj=file), file)


def _new_file(path: Path) -> Path:
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    return path
