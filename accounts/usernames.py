"""Rules for valid usernames and for comparing them.

Names are compared after NFKC and case folding (Unicode TR15, TR31), so 'Ana', 'ANA' and full-width 'Ａｎａ' are equal.
Scripts may only be mixed as UTS #39 'highly restrictive' allows, so that no Latin name contains a Cyrillic 'а'.
"""

import unicodedata

import regex
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

MAX_LENGTH = 32
DELETED = "Deleted user"
RESERVED = frozenset({"everyone", "all", "here", "channel", "room", "system", "deleted"})

_SHAPE = regex.compile(r"[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}._-]*[\p{L}\p{M}\p{N}])?")
_NEUTRAL = r"\p{Common}\p{Inherited}"
_TOGETHER = [
    regex.compile("[" + _NEUTRAL + "".join(rf"\p{{Script={script}}}" for script in scripts) + "]+")
    for scripts in (
        ("Latin", "Han", "Hiragana", "Katakana"),
        ("Latin", "Han", "Bopomofo"),
        ("Latin", "Han", "Hangul"),
    )
]


def normalise(name: str) -> str:
    """Return the name as it is stored and displayed: stripped and in NFKC, with its case preserved."""
    return unicodedata.normalize("NFKC", name).strip()


def key(name: str) -> str:
    """Return the form in which names are compared. It is unique in the database."""
    return unicodedata.normalize("NFKC", normalise(name).casefold())


def of_deleted(pk: int) -> str:
    """Return the username of a deleted account. No one can choose it, because it contains a colon."""
    return f"deleted:{pk}"


def validate_username(name: str) -> None:
    """Raise ValidationError if the name isn't allowed as a username."""
    name = normalise(name)
    if not name:
        raise ValidationError(_("Enter a username."), code="required")
    if len(name) > MAX_LENGTH:
        raise ValidationError(
            _("Username can have at most %(count)d characters.") % {"count": MAX_LENGTH}, code="too_long"
        )
    if not _SHAPE.fullmatch(name):
        raise ValidationError(
            _("Use letters, numbers, dots, hyphens and underscores. Must start and end with a letter or number."),
            code="characters",
        )
    if not _is_of_one_script(name):
        raise ValidationError(_("Username can’t mix letters from different alphabets."), code="scripts")
    if key(name) in RESERVED:
        raise ValidationError(_("This username isn’t available."), code="reserved")


def validate_display_name(name: str) -> None:
    """Raise ValidationError for reserved names and invisible characters, including those that change text direction."""
    if key(name) == key(DELETED):
        raise ValidationError(_("This name isn’t available."), code="reserved")
    if any(unicodedata.category(char) in ("Cc", "Cf", "Co", "Cs", "Cn") and char != "\u200d" for char in name):
        raise ValidationError(_("Can’t contain invisible characters."), code="characters")


def _is_of_one_script(name: str) -> bool:
    if any(pattern.fullmatch(name) for pattern in _TOGETHER):
        return True
    letters = regex.sub(f"[{_NEUTRAL}]", "", name)
    return any(regex.fullmatch(rf"\p{{Script={script}}}*", letters) for script in _ALONE)


# The scripts in UAX #31's 'recommended' table that are commonly used for names.
_ALONE = (
    "Cyrillic Greek Arabic Hebrew Armenian Georgian Devanagari Bengali Gurmukhi Gujarati Oriya Tamil Telugu "
    "Kannada Malayalam Sinhala Thai Lao Tibetan Myanmar Khmer Ethiopic Thaana"
).split()
