"""SQLite connections to files that other users of the machine can't read, because they contain private messages."""

import os
import sqlite3
from contextlib import suppress
from typing import Any

OWNER_ONLY = 0o600
OTHERS = 0o007


class PrivateConnection(sqlite3.Connection):
    """Creates the database with the mode OWNER_ONLY, and removes the permissions of others from an existing one.

    SQLite creates the files beside the database (-wal, -shm) with the same mode.
    """

    def __init__(self, database: str | os.PathLike[str], *args: Any, **kwargs: Any) -> None:
        if not str(database).startswith((":memory:", "file:")):
            with suppress(OSError):  # SQLite raises a better error
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
