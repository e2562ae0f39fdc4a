"""The one-time code that the first visitor must enter to set up the site from another machine."""

import hmac
import secrets
from pathlib import Path

from django.conf import settings

from accounts import secret_file

ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # without similar-looking characters
GROUPS = 4
GROUP_LENGTH = 4


def read_or_create() -> str:
    """Return the code, such as 'k7mq-2xwp-9rtz-ab3d' (79 bits), from a file that only the server's user can read.

    Raises OSError if the file is empty.
    """
    return secret_file.read_or_create(_path(), _new_code)


def check(code: str) -> bool:
    """Compare a code in constant time, ignoring hyphens, spaces and case."""
    return hmac.compare_digest(_normalize(code), _normalize(read_or_create()))


def delete() -> None:
    _path().unlink(missing_ok=True)


def _path() -> Path:
    return Path(settings.DATA_DIR) / "setup_code"


def _new_code() -> str:
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(GROUP_LENGTH)) for _ in range(GROUPS))


def _normalize(code: str) -> bytes:
    return "".join(char for char in code.lower() if char.isalnum()).encode()
