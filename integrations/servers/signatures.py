"""Signs deliveries, so that the other server knows that they come from this site and are recent."""

import hashlib
import hmac
import secrets


def new_secret() -> str:
    return secrets.token_urlsafe(32)


def sign(secret: str, timestamp: int, body: bytes) -> str:
    """Return the value of X-Chatsite-Signature."""
    digest = hmac.new(secret.encode(), str(timestamp).encode() + b"." + body, hashlib.sha256)
    return f"sha256={digest.hexdigest()}"


def token_of(secret: str) -> str:
    """Return the token that Slack's format carries in each request. It doesn't reveal the secret."""
    return hmac.new(secret.encode(), b"token", hashlib.sha256).hexdigest()[:26]
