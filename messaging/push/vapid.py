"""The site's key pair for Web Push, and the tokens with which it identifies itself to push services (RFC 8292)."""

import json
import threading
import time
from email.utils import parseaddr
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from django.conf import settings

from accounts import secret_file
from messaging.push import base64url
from messaging.push.encryption import CURVE, public_bytes

FILE = "push_key"  # in DATA_DIR
KEY_SIZE = 32
# At most 24 hours are allowed. The rest is for clocks that differ.
LIFETIME = 12 * 3600.0
RENEWED_BEFORE = 3600.0  # the end of its lifetime
MAX_TOKENS = 100  # one for each origin, of which there are few


class _Token(NamedTuple):
    text: str
    expires_at: float


class VapidKey:
    """A key pair. Subscriptions are bound to it, so they end if it is replaced."""

    def __init__(self, private: ec.EllipticCurvePrivateKey) -> None:
        self._private = private
        self.public = base64url.encode(public_bytes(private))
        self._tokens: dict[tuple[str, str], _Token] = {}
        self._lock = threading.Lock()

    def authorization(self, endpoint: str) -> str:
        """Return the header for a request to this endpoint. Its token is used for an hour or more."""
        parts = urlsplit(endpoint)
        return f"vapid t={self._token(f'{parts.scheme}://{parts.netloc}', contact())}, k={self.public}"

    def _token(self, origin: str, subject: str) -> str:
        now = time.time()
        with self._lock:
            token = self._tokens.get((origin, subject))
            if token is None or token.expires_at - now < RENEWED_BEFORE:
                if len(self._tokens) >= MAX_TOKENS:
                    self._tokens.clear()
                token = _Token(self._sign(origin, subject, int(now + LIFETIME)), now + LIFETIME)
                self._tokens[origin, subject] = token
            return token.text

    def _sign(self, origin: str, subject: str, expires_at: int) -> str:
        head, claims = {"typ": "JWT", "alg": "ES256"}, {"aud": origin, "exp": expires_at, "sub": subject}
        text = ".".join(base64url.encode(json.dumps(part, separators=(",", ":")).encode()) for part in (head, claims))
        r, s = decode_dss_signature(self._private.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
        return f"{text}.{base64url.encode(r.to_bytes(KEY_SIZE, 'big') + s.to_bytes(KEY_SIZE, 'big'))}"


def vapid_key() -> VapidKey:
    """Return the site's key: CHAT_PUSH_KEY, or one that is created in DATA_DIR when it is needed. Raises OSError."""
    return _parse(settings.CHAT_PUSH_KEY) if settings.CHAT_PUSH_KEY else _load(settings.DATA_DIR / FILE)


def contact() -> str:
    """Return an address at which a push service reaches the site's admin. Apple refuses those without a domain."""
    if settings.SITE_URL.startswith("https:") and "." in (urlsplit(settings.SITE_URL).hostname or ""):
        return str(settings.SITE_URL)
    return f"mailto:{parseaddr(settings.DEFAULT_FROM_EMAIL)[1]}"


@lru_cache(maxsize=4)
def _load(file: Path) -> VapidKey:
    try:
        return _parse(secret_file.read_or_create(file, _generate))
    except ValueError as error:
        raise OSError(f"{file} holds no key. Restore it, or delete it for a new one.") from error


@lru_cache(maxsize=4)
def _parse(text: str) -> VapidKey:
    return VapidKey(ec.derive_private_key(int.from_bytes(base64url.decode(text), "big"), CURVE))


def _generate() -> str:
    number = ec.generate_private_key(CURVE).private_numbers().private_value
    return base64url.encode(number.to_bytes(KEY_SIZE, "big"))
