"""SQLite connections to files that other users of the machine can't read: they hold private messages."""

import os
import sqlite3
from contextlib import suppress
from typing import Any

OWNER_ONLY = 0o600
OTHERS = 0o007


class PrivateConnection(sqlite3.Connection):
    """Creates the database with OWNER_ONLY, and takes the permissions of others away from an older one.

    SQLite gives the files beside the database (-wal, -shm) the same mode. Every command connects through this class.
    """

    def __init__(self, database: str | os.PathLike[str], *args: Any, **kwargs: Any) -> None:
        if not str(database).startswith((":memory:", "file:")):
            with suppress(OSError):  # SQLite explains it better
                _make_private(os.fspath(database))
        super().__init__(database, *args, **kwargs)


def _make_private(path: str) -> None:
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY))
    except FileExistsError:
        for each in (path, f"{path}-wal", f"{path}-shm"):
            with suppress(FileNotFoundError):
                if (mode := os.stat(each).st_mode) & OTHERS:
                    os.chmod(each, mode & 0o777 & ~OTHERS)
