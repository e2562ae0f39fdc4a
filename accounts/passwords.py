"""Normalization of passwords before they are hashed."""

import unicodedata

# Normalizing takes quadratic time in the worst case. Longer passwords are hashed as they are.
_MAX_NORMALIZED = 1000


def normalize(password: str) -> str:
    """Return the password in NFKC, because devices encode the same text differently: é is one code point or two."""
    return unicodedata.normalize("NFKC", password) if len(password) <= _MAX_NORMALIZED else password
