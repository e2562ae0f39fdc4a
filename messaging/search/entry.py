"""The tokens under which a message is found: facts such as its room, and the words of its text and files.

Facts contain a colon, which words don't, so both are looked up in one index.
"""

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple, Protocol

from messaging.attachments.serializers import attachments_of
from messaging.mentions.rows import mention_values
from messaging.search.tokens import tokenize

MAX_TOKENS = 8_000  # of a message with its files, which take about 20 ms to index
MAX_FILE_TOKENS = 4_000  # of the contents of all its files
FIRST_YEAR = 2012
GAP = "|"  # between texts, so that no phrase extends over two of them

REPLY, EDITED, PINNED, LINK, CODE, FILE = "is:reply", "is:edited", "is:pinned", "has:link", "has:code", "has:file"
REACTION = "has:reaction"

_CODE = re.compile("<(?:code|pre)[ >]")


class Indexable(Protocol):
    """A message, or a row with the same fields."""

    @property
    def pk(self) -> int: ...
    @property
    def room_id(self) -> int: ...
    @property
    def sender_id(self) -> int: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def body(self) -> str: ...
    @property
    def html(self) -> str: ...
    @property
    def files(self) -> str: ...
    @property
    def reactions(self) -> str: ...
    @property
    def mentions(self) -> str: ...
    @property
    def reply_to_id(self) -> int | None: ...
    @property
    def edited_at(self) -> datetime | None: ...
    @property
    def pinned_at(self) -> datetime | None: ...


class Entry(NamedTuple):
    """A message in the index. `words`: its words in order, with GAP between texts."""

    pk: int
    facts: list[str]
    words: list[str]


def entry_of(message: Indexable, file_texts: Sequence[str] = ()) -> Entry:
    """Return the entry of a message. `file_texts`: the tokens of its text files."""
    facts = [room_fact(message.room_id), sender_fact(message.sender_id), *_day_facts(message.created_at.date())]
    words, characters = tokenize(message.body, MAX_TOKENS)
    if "<a href" in message.html:  # unlike links to rooms by their names
        facts.append(LINK)
    if "<code" in message.html or "<pre" in message.html:
        facts.append(CODE)
    facts += [mention_fact(value) for value in mention_values(message)]
    if message.reply_to_id is not None:
        facts.append(REPLY)
    if message.edited_at is not None:
        facts.append(EDITED)
    if message.pinned_at is not None:
        facts.append(PINNED)
    if message.reactions:
        facts.append(REACTION)
    if message.files:
        files = attachments_of(message)
        facts += [FILE, *{f"has:{file['kind']}" for file in files}]
        for text in (text for file in files for text in (file["name"], file["alt"]) if text):
            more, others = tokenize(text, MAX_TOKENS)
            words += [GAP, *more]
            characters |= others
        contents = [word for text in file_texts for word in (GAP, *text.split(" "))]
        words += contents[:MAX_FILE_TOKENS]
    if characters:
        words += [GAP, *sorted(characters - set(words))]
    return Entry(message.pk, facts, words[:MAX_TOKENS])


def room_fact(room_id: int) -> str:
    return f"r:{room_id}"


def sender_fact(user_id: int) -> str:
    return f"u:{user_id}"


def mention_fact(value: str | int) -> str:
    """Return the fact of a message that mentions a user, given their id, or everyone ('room' or 'here')."""
    return f"mentions:{value}"


def period_facts(first: date, end: date) -> list[str]:
    """Return the facts of which messages from `first` to before `end` have one: of whole years, months and days.

    Some earlier messages may have one too.
    """
    facts: list[str] = []
    day = first
    while day < end:
        if (day.month, day.day) == (1, 1) and (year_end := date(day.year + 1, 1, 1)) <= end:
            facts.append(_year_fact(day.year))
            day = year_end
        elif day.day == 1 and (month_end := (day + timedelta(days=31)).replace(day=1)) <= end:
            facts.append(f"m:{day:%Y%m}")
            day = month_end
        else:
            facts.append(f"d:{day:%Y%m%d}")
            day += timedelta(days=1)
    return list(dict.fromkeys(facts))


def _year_fact(year: int) -> str:
    """Return the fact of a year. Long ago, all years have the same one, because each takes time to look up."""
    return f"y:{max(year, FIRST_YEAR)}"


_days: dict[date, tuple[str, ...]] = {}


def _day_facts(day: date) -> tuple[str, ...]:
    """Return the facts of a day. Most messages of a batch have the same one."""
    facts = _days.get(day)
    if facts is None:
        if len(_days) > 1_000:
            _days.clear()
        facts = _days[day] = (_year_fact(day.year), f"m:{day:%Y%m}", f"d:{day:%Y%m%d}")
    return facts
