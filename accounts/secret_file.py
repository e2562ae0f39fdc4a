"""Secrets stored in files that only their owner can read. Imports no settings, since they read their key with it."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path


def read_or_create(path: Path, generate: Callable[[], str] = lambda: secrets.token_urlsafe(50)) -> str:
    """Return the secret in `path` (text without a newline). If the file doesn't exist, create it first.

    Processes that start simultaneously agree on one secret: each writes a draft and links it into place, which only
    succeeds once. Raises OSError if the file is empty or the folder isn't writable.
    """
    try:
        return _read(path)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(generate() + "\n")
        file.flush()
        os.fsync(file.fileno())
        if os.geteuid() == 0:  # a command run by root creates it for the owner of the folder
            owner = path.parent.stat()
            os.fchown(file.fileno(), owner.st_uid, owner.st_gid)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return _read(path)


def _read(path: Path) -> str:
    if secret := path.read_text().strip():
        return secret
    raise OSError(f"{path} is empty; delete it and a new one is created")
