"""A secret in a file of its own: made once, outside git, readable by its owner alone. Imports nothing of the site."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path


def read_or_create(path: Path, make: Callable[[], str] = lambda: secrets.token_urlsafe(50)) -> str:
    """Return the secret in `path` (text, no newline), making it first if it is absent.

    Two processes that start together agree: the file is written aside and linked into place, and
    the loser of that race reads the winner's. Raises OSError when the folder cannot be written.
    """
    try:
        return _read(path)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(make() + "\n")
        file.flush()
        os.fsync(file.fileno())
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
    raise OSError(f"{path} is empty; delete it and a new one is made")
