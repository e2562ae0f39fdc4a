"""The site's data: its owner, its lock, and checks that a site exists and that this process can write to it."""

import fcntl
import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.recorder import MigrationRecorder

from chatsite.conf.env import BASE_DIR, settings_file

# Replaces the umask of the shell or service manager. nginx, in the group, needs access to media. Files with other
# readers set their own mode.
UMASK = 0o027
PUBLIC_UMASK = 0o022

OWN_FILES = (
    *("chatsite.sqlite3", "chatsite.sqlite3-*", "secret_key", "push_key", "setup_code", "server.lock"),
    *("media", "media/*", "uploads", "static", "generated"),
)


class NotReady(Exception):
    """The server or a command cannot start. The message contains the problem and the remedy."""


def act_as_owner(folder: Path) -> None:
    """Set the umask and, if root runs this process, continue as the owner of the folder. Raises NotReady.

    Files created by root, such as SQLite's write-ahead log, would be unusable for the server.
    """
    os.umask(UMASK)
    if os.geteuid() != 0 or not folder.exists() or (status := folder.stat()).st_uid == 0:
        return
    _switch_user(status.st_uid, status.st_gid)
    for needed in (BASE_DIR / "manage.py", Path(os.__file__)):
        if not os.access(needed, os.R_OK):
            raise NotReady(
                f"DATA_DIR={folder} belongs to {_user_name(status.st_uid)}, who cannot read {needed}. "
                "Move that file to a folder that everyone can read, such as /opt."
            )


@contextmanager
def public_files() -> Iterator[None]:
    """Make files created in the block readable for everyone."""
    before = os.umask(PUBLIC_UMASK)
    try:
        yield
    finally:
        os.umask(before)


def claim(folder: Path) -> IO[str]:
    """Lock the data folder for as long as the returned file is open. Raises NotReady.

    The lock is shared if there is Redis. Without it, processes can't exchange events, so only one may serve.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        check_access(folder)
        file = open(folder / "server.lock", "a")  # noqa: SIM115 (held while the process serves)
        fcntl.flock(file, (fcntl.LOCK_SH if settings.REDIS_URL else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise NotReady(
            f"Another server already uses DATA_DIR={folder}. Stop it first, or set the same "
            "REDIS_URL for both, so that they can serve one site together."
        ) from error
    except OSError as error:
        raise NotReady(
            f"DATA_DIR={folder} is not writable ({error.strerror}). Make it writable, or set another DATA_DIR."
        ) from error
    return file


def check_access(folder: Path) -> None:
    """Raise NotReady if one of the site's files isn't writable, such as one that root restored from a backup."""
    for path in (folder, *sorted(found for pattern in OWN_FILES for found in folder.glob(pattern))):
        wanted = os.R_OK | os.W_OK | (os.X_OK if path.is_dir() else 0)
        if not path.is_symlink() and not os.access(path, wanted):
            user, owner = _user_name(os.geteuid()), _user_name(path.stat().st_uid)
            raise NotReady(
                f"{path} belongs to {owner} and is not writable for {user}. As root, run: chown -R {user} {folder}"
            )


def create_database() -> None:
    """Connect to the database, and create SQLite's file with access for its owner only. Raises NotReady."""
    with database_errors():
        if connection.vendor == "sqlite":
            path = Path(connection.settings_dict["NAME"])
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
        connection.ensure_connection()


def require_site() -> None:
    """Raise NotReady if the database contains no site. Commands would otherwise work on a new, empty one."""
    with database_errors():
        if not has_site():
            raise NotReady(
                f"There is no site in the database {database_location()}. If it is elsewhere, set DATA_DIR or "
                f"DATABASE_URL in {settings_file()}. To create it here, start the server."
            )


def has_site() -> bool:
    """Return whether the database exists and has been migrated."""
    if connection.vendor == "sqlite" and not Path(connection.settings_dict["NAME"]).is_file():
        return False
    return MigrationRecorder(connection).has_table()


def database_location() -> str:
    """Return the path of the database, or its name and host."""
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        return str(database["NAME"])
    return f"{database['NAME']} on {database['HOST'] or 'this machine'}"


@contextmanager
def database_errors() -> Iterator[None]:
    """Convert errors of the database, or of its file, to NotReady."""
    try:
        yield
    except (DatabaseError, OSError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise NotReady(
            f"The database {database_location()} is not available ({reason}). Check DATABASE_URL and DATA_DIR."
        ) from error


def _switch_user(user_id: int, group_id: int) -> None:
    try:
        account = pwd.getpwuid(user_id)
        group_id = account.pw_gid
        os.initgroups(account.pw_name, group_id)
    except KeyError:  # the owner of a folder mounted into a container may have no account in it
        os.setgroups([])
    os.setgid(group_id)
    os.setuid(user_id)


def _user_name(user_id: int) -> str:
    try:
        return pwd.getpwuid(user_id).pw_name
    except KeyError:
        return str(user_id)
