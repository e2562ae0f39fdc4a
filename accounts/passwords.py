"""The form in which passwords are hashed."""

import unicodedata

# Normalising takes quadratic time in the worst case. Nobody types a longer password.
_MAX_NORMALISED = 1000


def normalise(password: str) -> str:
    """Return the password in NFKC, since devices encode the same keys differently: é is one code point or two."""
    return unicodedata.normalize("NFKC", password) if len(password) <= _MAX_NORMALISED else password
