"""Bytes as base64url without padding, as Web Push writes keys."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode

_FORM = re.compile(r"[A-Za-z0-9_-]*")


def encode(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """Decode base64url, with or without padding. Raises ValueError."""
    stripped = text.rstrip("=")
    if not _FORM.fullmatch(stripped):
        raise ValueError("not base64url")
    return urlsafe_b64decode(stripped + "=" * (-len(stripped) % 4))
