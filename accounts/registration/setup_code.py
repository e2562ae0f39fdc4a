"""The one-time code by which the first visitor from another machine shows that the server is theirs."""

import hmac
import secrets
from pathlib import Path

from django.conf import settings

from accounts import secret_file

LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # without those that look alike
GROUPS = 4
GROUP_LENGTH = 4


def read_or_create() -> str:
    """Return the code, like 'k7mq-2xwp-9rtz-ab3d' (79 bits), from a file that only the server's user can read.

    Raises OSError for a file that somebody emptied.
    """
    return secret_file.read_or_create(_path(), _new_code)


def check(code: str) -> bool:
    """Hyphens, spaces and capitals do not matter."""
    return hmac.compare_digest(_bare(code), _bare(read_or_create()))


def forget() -> None:
    _path().unlink(missing_ok=True)


def _path() -> Path:
    return Path(settings.DATA_DIR) / "setup_code"


def _new_code() -> str:
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(GROUP_LENGTH)) for _ in range(GROUPS))


def _bare(code: str) -> bytes:
    return "".join(char for char in code.lower() if char.isalnum()).encode()
