"""What a username may be, and when two of them are the same name.

Names are compared after NFKC and case folding (Unicode TR15, TR31), so 'Ana', 'ANA' and the
full-width 'Ａｎａ' are one name. Scripts may be mixed only as UTS #39 'highly restrictive' allows,
so that a Cyrillic 'а' cannot stand in a Latin name.
"""

import unicodedata

import regex
from django.core.exceptions import ValidationError

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
    """The form in which a name is stored and shown: NFKC, without outer spaces, its case kept."""
    return unicodedata.normalize("NFKC", name).strip()


def key(name: str) -> str:
    """The form in which names are compared; unique in the database."""
    return unicodedata.normalize("NFKC", normalise(name).casefold())


def of_deleted(pk: int) -> str:
    """What the row of a deleted account is called: no name that anybody could choose."""
    return f"deleted:{pk}"


def validate_username(name: str) -> None:
    """Raise ValidationError, with a sentence that says the remedy, for a name that may not be."""
    name = normalise(name)
    if not name:
        raise ValidationError("Enter a username.", code="required")
    if len(name) > MAX_LENGTH:
        raise ValidationError(f"Username can have at most {MAX_LENGTH} characters.", code="too_long")
    if not _SHAPE.fullmatch(name):
        raise ValidationError(
            "Use letters, numbers, dots, hyphens and underscores. Must start and end with a letter or number.",
            code="characters",
        )
    if not _is_of_one_script(name):
        raise ValidationError("Username can’t mix letters from different alphabets.", code="scripts")
    if key(name) in RESERVED:
        raise ValidationError("This username isn’t available.", code="reserved")


def validate_display_name(name: str) -> None:
    """Refuse what is invisible or turns the direction of the text around it."""
    if key(name) == key(DELETED):
        raise ValidationError("This name isn’t available.", code="reserved")
    if any(unicodedata.category(char) in ("Cc", "Cf", "Co", "Cs", "Cn") and char != "\u200d" for char in name):
        raise ValidationError("Can’t contain invisible characters.", code="characters")


def _is_of_one_script(name: str) -> bool:
    if any(pattern.fullmatch(name) for pattern in _TOGETHER):
        return True
    letters = regex.sub(f"[{_NEUTRAL}]", "", name)
    return any(regex.fullmatch(rf"\p{{Script={script}}}*", letters) for script in _ALONE)


# The scripts of UAX #31's 'recommended' table that are in everyday use for names.
_ALONE = (
    "Cyrillic Greek Arabic Hebrew Armenian Georgian Devanagari Bengali Gurmukhi Gujarati Oriya Tamil Telugu "
    "Kannada Malayalam Sinhala Thai Lao Tibetan Myanmar Khmer Ethiopic Thaana"
).split()
