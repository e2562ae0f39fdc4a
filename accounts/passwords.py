"""Normalisation of passwords before they are hashed."""

import unicodedata

# Normalising takes quadratic time in the worst case. Longer passwords are hashed as they are.
_MAX_NORMALISED = 1000


def normalise(password: str) -> str:
    """Return the password in NFKC, because devices encode the same text differently: é is one code point or two."""
    return unicodedata.normalize("NFKC", password) if len(password) <= _MAX_NORMALISED else password
