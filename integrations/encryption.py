"""Encrypts secrets that the server itself needs again, so that the database alone doesn't reveal them."""

from base64 import urlsafe_b64encode
from hashlib import sha256

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

_PURPOSE = b"chatsite integrations "


class Unreadable(Exception):
    """The secret was encrypted with a SECRET_KEY that this server doesn't know."""


def encrypt(secret: str) -> str:
    return _keys().encrypt(secret.encode()).decode()


def decrypt(encrypted: str) -> str:
    """Decrypt a secret with SECRET_KEY or one of the earlier keys. Raises Unreadable."""
    try:
        return _keys().decrypt(encrypted.encode()).decode()
    except InvalidToken:
        raise Unreadable("SECRET_KEY has changed. Create a new secret, or set SECRET_KEY_FALLBACKS.") from None


def _keys() -> MultiFernet:
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return MultiFernet([Fernet(urlsafe_b64encode(sha256(_PURPOSE + key.encode()).digest())) for key in keys])
