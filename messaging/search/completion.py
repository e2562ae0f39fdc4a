"""Completes the operator, person, room or date at the end of a search."""

import re
from typing import NamedTuple

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import usernames
from accounts.models import User
from messaging.search.description import FEATURES, STATES
from messaging.search.query import OPERATORS, Kind
from rooms.models import Room
from rooms.people_search import search_people

LIMIT = 8

# Matches an incomplete operator at the end of the text: its name, or its name and a value, with or without quotes.
_END = re.compile(r'(?:^|\s)(?P<minus>-?)(?:(?P<operator>[A-Za-z-]+):(?P<value>"[^"]*|[^\s"]*)|(?P<name>[A-Za-z]+))$')

_HINTS = {
    Kind.FROM: gettext_lazy("messages from a person"),
    Kind.IN: gettext_lazy("messages in a room"),
    Kind.WITH: gettext_lazy("conversations with a person"),
    Kind.HAS: gettext_lazy("with a file, an image, a link, code or reactions"),
    Kind.IS: gettext_lazy("unread, pinned, saved or edited messages, replies, or mentions of you"),
    Kind.BEFORE: gettext_lazy("before a day"),
    Kind.AFTER: gettext_lazy("after a day"),
    Kind.ON: gettext_lazy("on a day, or in a month"),
}
_DATES = {
    "today": gettext_lazy("today"),
    "yesterday": gettext_lazy("yesterday"),
    '"this week"': gettext_lazy("this week"),
    '"last week"': gettext_lazy("last week"),
    '"this month"': gettext_lazy("this month"),
    '"last month"': gettext_lazy("last month"),
}
_CHOICES = {Kind.HAS: FEATURES, Kind.IS: STATES}


class Completion(NamedTuple):
    """`text` replaces the incomplete operator. `label` and `detail` describe it."""

    text: str
    label: str
    detail: str = ""
    person: User | None = None


def complete(viewer: User, typed: str) -> tuple[int, list[Completion]]:
    """Return where in the text the completion begins, and up to LIMIT completions of what follows there.

    `typed`: the search up to the caret.
    """
    end = _END.search(typed)
    if end is None:
        return len(typed), []
    start, minus = end.start("minus"), end["minus"]
    if end["operator"] is None:
        found = _operators(minus, end["name"].lower())
    else:
        kind = OPERATORS.get(end["operator"].lower())
        found = _values(viewer, f"{minus}{end['operator']}:", kind, end["value"].strip('"')) if kind else []
    return start, found[:LIMIT]


def _operators(minus: str, name: str) -> list[Completion]:
    return [
        Completion(f"{minus}{kind.value}:", f"{minus}{kind.value}:", str(hint))
        for kind, hint in _HINTS.items()
        if kind.value.startswith(name)
    ]


def _values(viewer: User, operator: str, kind: Kind, value: str) -> list[Completion]:
    if kind in (Kind.FROM, Kind.WITH):
        return _people(viewer, operator, kind, value.removeprefix("@"))
    if kind is Kind.IN:
        return _rooms(viewer, operator, value.removeprefix("#"))
    return [
        Completion(f"{operator}{choice} ", f"{operator}{choice}", str(label))
        for choice, label in _CHOICES.get(kind, _DATES).items()
        if choice.strip('"').startswith(value.lower())
    ]


def _people(viewer: User, operator: str, kind: Kind, name: str) -> list[Completion]:
    people = search_people(viewer, name)[:LIMIT]
    found = [Completion(f"{operator}@{each.username} ", each.name, f"@{each.username}", each) for each in people]
    if kind is Kind.FROM and "me".startswith(name.lower()):
        found.insert(0, Completion(f"{operator}me ", f"{operator}me", _("from you")))
    return found


def _rooms(viewer: User, operator: str, name: str) -> list[Completion]:
    key = usernames.key(name)
    named = Q(name_key__startswith=key) | Q(name_key__contains=f" {key}")
    rooms = Room.objects.visible_to(viewer).named().filter(named).order_by("name_key")[:LIMIT]
    return [Completion(f"{operator}{_quoted(room.name)} ", f"#{room.name}", room.topic) for room in rooms]


def _quoted(name: str) -> str:
    """A quotation mark within a name can't be typed, and isn't needed to find it."""
    bare = name.replace('"', "")
    return f'"{bare}"' if re.search(r"\s", bare) else bare
