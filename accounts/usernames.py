"""Rules for valid usernames and display names, and for comparing them.

Names are compared after NFKC and case folding (Unicode TR15, TR31), so 'Ana', 'ANA' and full-width 'Ａｎａ' are equal.
Names that only look alike, such as 'Ivan' and 'lvan', share a skeleton (UTS #39). Usernames consist of the characters
that UTS #39 allows in identifiers, from scripts that it lets people combine ('highly restrictive').
"""

import unicodedata
from functools import cache

import regex
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.unicode import skeletons, visibility
from accounts.unicode.tables import allowed_in_identifiers

MAX_LENGTH = 32
SKELETON_LENGTH = 320
DELETED = "Deleted user"
RESERVED = frozenset({"everyone", "all", "here", "channel", "room", "system", "deleted", "search"})
# Normalizing sorts the marks on a letter in quadratic time: 80,000 of them take 7 s. No name is this long.
_MAX_NORMALIZED = 500

_SHAPE = regex.compile(r"[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}._-]*[\p{L}\p{M}\p{N}])?")
_COMBINATIONS = (
    ("Latin", "Han", "Hiragana", "Katakana"),
    ("Latin", "Han", "Bopomofo"),
    ("Latin", "Han", "Hangul"),
    # The other scripts in UAX #31's 'recommended' table that are commonly used for names.
    *((script,) for script in (
        "Cyrillic Greek Arabic Hebrew Armenian Georgian Devanagari Bengali Gurmukhi Gujarati Oriya Tamil Telugu "
        "Kannada Malayalam Sinhala Thai Lao Tibetan Myanmar Khmer Ethiopic Thaana"
    ).split()),
)  # fmt: skip
_OF_ONE_ALPHABET = [
    regex.compile("[" + "".join(rf"\p{{scx={script}}}" for script in (*scripts, "Common", "Inherited")) + "]+")
    for scripts in _COMBINATIONS
]


def normalize(name: str) -> str:
    """Return the name as it is stored and displayed: stripped and in NFKC, with its case preserved."""
    return unicodedata.normalize("NFKC", name.strip()[:_MAX_NORMALIZED]).strip()


def key(name: str) -> str:
    """Return the form in which names are compared. It is unique in the database."""
    return unicodedata.normalize("NFKC", normalize(name).casefold())


def skeleton(name: str) -> str:
    """Return a form that is equal for names that look alike. It is also unique in the database."""
    return skeletons.skeleton(normalize(name))[:SKELETON_LENGTH]


def of_deleted(pk: int) -> str:
    """Return the username of a deleted account. No one can choose it, because it contains a colon."""
    return f"deleted:{pk}"


def validate_username(name: str) -> None:
    """Raise ValidationError if the name isn't allowed as a username."""
    name = normalize(name)
    if not name:
        raise ValidationError(_("Enter a username."), code="required")
    if len(name) > MAX_LENGTH:
        raise ValidationError(
            _("Username can have at most %(count)d characters.") % {"count": MAX_LENGTH}, code="too_long"
        )
    validate_visible(name)
    _validate_characters(name)
    if not any(pattern.fullmatch(name) for pattern in _OF_ONE_ALPHABET) or _mixes_digits(name):
        raise ValidationError(_("Username can’t mix letters or digits from different alphabets."), code="scripts")
    if _starts_left_to_right(name):
        raise ValidationError(_("A username with right-to-left letters must start with one."), code="direction")
    if skeleton(name) in _reserved():
        raise ValidationError(_("This username isn’t available."), code="reserved")


def validate_display_name(name: str) -> None:
    """Raise ValidationError for names that are reserved, invisible or drawn over other text."""
    name = name[:_MAX_NORMALIZED]  # fields run all of their validators, also on a megabyte
    if skeleton(name) == skeleton(DELETED):
        raise ValidationError(_("This name isn’t available."), code="reserved")
    validate_visible(name)
    if name and visibility.is_blank(name):
        raise ValidationError(_("Use at least one visible character."), code="blank")


def validate_alias(name: str) -> None:
    """Raise ValidationError for names under which no program may post: those of no display name, and reserved ones."""
    validate_display_name(name)
    if skeleton(name[:_MAX_NORMALIZED]) in _reserved():
        raise ValidationError(_("This name isn’t available."), code="reserved")


def validate_visible(text: str) -> None:
    """Raise ValidationError for invisible characters, such as bidirectional controls, and for stacked marks."""
    if visibility.has_hidden(text):
        raise ValidationError(_("Can’t contain invisible characters."), code="characters")
    if visibility.has_stacked_marks(text):
        text = ngettext(
            "A letter can have at most %(count)d accent.",
            "A letter can have at most %(count)d accents.",
            visibility.MAX_MARKS,
        )
        raise ValidationError(text % {"count": visibility.MAX_MARKS}, code="marks")


def _validate_characters(name: str) -> None:
    if not _SHAPE.fullmatch(name):
        raise ValidationError(
            _("Use letters, numbers, dots, hyphens and underscores. Must start and end with a letter or number."),
            code="characters",
        )
    if unusual := sorted(set(name) - allowed_in_identifiers()):
        raise ValidationError(
            _("“%(character)s” can’t be used in a username.") % {"character": unusual[0]}, code="characters"
        )


def _mixes_digits(name: str) -> bool:
    """Return whether the name mixes digits of several scripts: Bengali ৪ (four) looks like 8."""
    return len({ord(char) - unicodedata.decimal(char) for char in name if char.isdecimal()}) > 1


def _starts_left_to_right(name: str) -> bool:
    """Return whether other characters precede right-to-left letters: '1אב' is displayed like 'אב1' (RFC 5893)."""
    directions = [unicodedata.bidirectional(char) for char in name]
    return bool({"R", "AL"} & set(directions)) and directions[0] not in ("R", "AL")


@cache
def _reserved() -> set[str]:
    return {skeleton(name) for name in RESERVED}
