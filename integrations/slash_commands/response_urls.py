"""The URLs to which a command's server sends later answers. Only the digests of their secrets are stored."""

import re

from integrations.incoming.secret_urls import LENGTH, digest_of, new_secret

PREFIX = "/command-responses/"

_PATH = re.compile(rf"{PREFIX}([A-Za-z0-9]{{{LENGTH}}})/?")

__all__ = ["PREFIX", "digest_in", "digest_of", "new_secret", "url_of"]


def url_of(origin: str, secret: str) -> str:
    return f"{origin}{PREFIX}{secret}"


def digest_in(path: str) -> str | None:
    """Return the digest of the secret in a path, or None if it isn't such a path."""
    found = _PATH.fullmatch(path)
    return digest_of(found[1]) if found else None
