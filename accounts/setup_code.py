"""The one-time code by which the first visitor from another machine shows that the server is theirs."""

import hmac
import os
import secrets
from pathlib import Path

from django.conf import settings

LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # without those that look alike
GROUPS = 4
GROUP_LENGTH = 4


def read_or_create() -> str:
    """Return the code, like 'k7mq-2xwp-9rtz-ab3d' (79 bits), from a file that only the server's user can read."""
    path = _path()
    if not (code := _read(path)):
        _create(path)
        code = _read(path)
    return code


def check(code: str) -> bool:
    """Hyphens, spaces and capitals do not matter."""
    return hmac.compare_digest(_bare(code), _bare(read_or_create()))


def forget() -> None:
    _path().unlink(missing_ok=True)


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        return ""


def _create(path: Path) -> None:
    """Written aside and linked into place: of two processes that start together, one makes it for both."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(_new_code() + "\n")
    try:
        if path.exists() and not _read(path):
            path.unlink()
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _path() -> Path:
    return Path(settings.DATA_DIR) / "setup_code"


def _new_code() -> str:
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(GROUP_LENGTH)) for _ in range(GROUPS))


def _bare(code: str) -> bytes:
    return "".join(char for char in code.lower() if char.isalnum()).encode()
