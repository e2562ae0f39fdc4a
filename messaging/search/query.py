"""Parses a search as people type it. Every text is a query: what isn't understood as an operator is a word."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from messaging.search.dates import Period, parse_period

MAX_LENGTH = 200  # characters
MAX_TERMS = 20  # further ones are ignored


class Kind(StrEnum):
    """The kinds of terms. All but the first three are operators."""

    WORD = "word"
    PHRASE = "phrase"
    PART = "part"
    FROM = "from"
    IN = "in"
    WITH = "with"
    HAS = "has"
    IS = "is"
    BEFORE = "before"
    AFTER = "after"
    ON = "on"


TEXTUAL = frozenset((Kind.WORD, Kind.PHRASE, Kind.PART))
DATED = frozenset((Kind.BEFORE, Kind.AFTER, Kind.ON))

# The words of Slack, Zulip and Mattermost.
OPERATORS = {
    **{kind.value: kind for kind in Kind if kind not in TEXTUAL},
    "sender": Kind.FROM,
    "room": Kind.IN,
    "channel": Kind.IN,
    "stream": Kind.IN,
    "dm": Kind.WITH,
    "dm-with": Kind.WITH,
    "pm-with": Kind.WITH,
    "during": Kind.ON,
}
_FEATURES = {
    **{name: name for name in ("file", "image", "video", "audio", "pdf", "text", "link", "code", "reaction", "pin")},
    "files": "file",
    "attachment": "file",
    "images": "image",
    "photo": "image",
    "links": "link",
    "url": "link",
    "reactions": "reaction",
}
_STATES = {
    "unread": "unread",
    "pinned": "pinned",
    "reply": "reply",
    "thread": "reply",
    "edited": "edited",
    "saved": "saved",
    "mention": "mention",
    "mentioned": "mention",
}
CHOICES = {Kind.HAS: _FEATURES, Kind.IS: _STATES}

# Other quotation marks, and a character that PostgreSQL can't store.
_REPLACED = str.maketrans("“”„‟«»＂\0", '"""""""' + " ")
_ITEM = re.compile(
    r"""(?P<minus>-?)
    (?:(?P<operator>[A-Za-z-]+):(?P<value>"[^"]*"?|(?:last|this)[ ](?:week|month|year)\b|[^\s"]\S*)
    |"(?P<phrase>[^"]*)"?
    |(?P<word>[^\s"]+))""",
    re.VERBOSE | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Term:
    """A part of a query that messages must fulfil or, if it is negated, must not.

    text: the words, or the operator's value in its usual form. typed: the term as it was typed.
    """

    kind: Kind
    text: str
    typed: str
    is_negated: bool = False
    period: Period | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """`is_cut`: whether some terms were ignored because there are too many."""

    terms: tuple[Term, ...] = ()
    is_cut: bool = False

    @property
    def words(self) -> list[Term]:
        """Return the terms whose text is found in messages."""
        return [term for term in self.terms if term.kind in TEXTUAL and not term.is_negated]


def parse(text: str, *, today: date) -> Query:
    """Parse any text. `today`: the date in the time zone of the person who searches."""
    text = unicodedata.normalize("NFC", text[:MAX_LENGTH]).translate(_REPLACED)
    found = [_term(item, today) for item in _ITEM.finditer(text)]
    terms = [term for term in found if term is not None]
    return Query(tuple(terms[:MAX_TERMS]), is_cut=len(terms) > MAX_TERMS)


def _term(item: re.Match[str], today: date) -> Term | None:
    """Return a term, or None if it has no words."""
    is_negated, typed = bool(item["minus"]), item[0]
    if item["phrase"] is not None:
        phrase = item["phrase"].strip()
        return Term(Kind.PHRASE, phrase, typed, is_negated) if phrase else None
    if item["operator"] is not None:
        return _operator(item, today) or _word(f"{item['operator']}:{item['value']}", typed, is_negated)
    return _word(item["word"], typed, is_negated)


def _word(text: str, typed: str, is_negated: bool) -> Term | None:
    bare = text.strip("*")
    if not any(map(_is_content, bare)):
        return None
    return Term(Kind.PART if text.startswith("*") else Kind.WORD, bare, typed, is_negated)


def _is_content(char: str) -> bool:
    return unicodedata.category(char)[0] in "LN" or unicodedata.category(char) == "So"


def _operator(item: re.Match[str], today: date) -> Term | None:
    """Return an operator with a value that it can have, or None."""
    kind = OPERATORS.get(item["operator"].lower())
    value = item["value"].strip('"').strip()
    if kind is None or not value:
        return None
    is_negated = bool(item["minus"])
    if kind in DATED:
        period = parse_period(unicodedata.normalize("NFKC", value), today)
        return Term(kind, value.lower(), item[0], is_negated, period) if period else None
    if kind in CHOICES:
        choice = CHOICES[kind].get(value.lower())
        return Term(kind, choice, item[0], is_negated) if choice else None
    name = value.lstrip("#" if kind is Kind.IN else "@").strip()
    return Term(kind, name, item[0], is_negated) if name else None
