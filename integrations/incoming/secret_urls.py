"""The secrets in the URLs of webhooks. Only their digests are stored."""

import hashlib
import re
import secrets
import string

PREFIX = "/hooks/"

LENGTH = 32
_ALPHABET = string.ascii_letters + string.digits
_PATH = re.compile(rf"{PREFIX}(?:services/)?(?:[\w-]{{1,64}}/){{0,2}}([A-Za-z0-9]{{{LENGTH}}})/?")


def new_secret() -> str:
    """Return a secret of letters and digits, which is all that some clients accept in a URL."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(LENGTH))


def digest_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def path_of(secret: str) -> str:
    return f"{PREFIX}{secret}"


def secret_in(path: str) -> str | None:
    """Return the secret in a path. It may have two more parts, for tools that expect the three of Slack's URLs."""
    found = _PATH.fullmatch(path)
    return found[1] if found else None
