"""Secrets in files of their own, readable by their owner alone. Imports no settings: these read their key by it."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path


def read_or_create(path: Path, generate: Callable[[], str] = lambda: secrets.token_urlsafe(50)) -> str:
    """Return the secret in `path` (text without a newline), and create the file first if it is absent.

    Processes that start at once agree on one secret: each writes a draft and links it into place, which succeeds only
    once. Raises OSError if the file is empty or the folder can't be written.
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
