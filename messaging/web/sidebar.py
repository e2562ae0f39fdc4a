"""The rows of the chat page's sidebar in its first HTML, so that nothing moves when the script takes over.

Must match what `static/js/elements/room_list.js` draws, in the order of `static/js/model/room_sections.js`.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable
from functools import cache
from html import escape
from itertools import chain, filterfalse
from typing import Any, NamedTuple

from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from accounts.templatetags.avatars import HUES, initials
from rooms.models import CONVERSATIONS

JSON = dict[str, Any]

COOKIE = "sidebar"
MAX_ROWS = 60  # more than fit in the window; the script adds the others
MAX_UNREAD = 99

_WORD = re.compile(r"[a-z0-9-]{1,40}")
_NUMBER = re.compile(r"(\d+)")


class Sidebar(NamedTuple):
    """The HTML of each section's rows and of the user's own sections, the keys of folded sections, and an attribute.

    hides_empty: " hidden" for the hint that there are no direct messages, unless it applies.
    """

    unread_rows: SafeString
    favorite_rows: SafeString
    room_rows: SafeString
    people_rows: SafeString
    own_sections: SafeString
    folded: SafeString
    hides_empty: SafeString


def render_sidebar(rooms: Iterable[JSON], current: int | None, preferences: str, own: Iterable[JSON] = ()) -> Sidebar:
    """Render a user's serialized rooms and own sections, which are given in their order.

    current: the open room's id. preferences: the cookie's text.
    """
    words = [word for word in preferences.split(".") if _WORD.fullmatch(word)]
    folded = [word.removeprefix("fold-") for word in words if word.startswith("fold-")]
    own = list(own)
    sections = _sections(rooms, own, by_activity="activity" in words, unread_first="mixed" not in words)
    left = MAX_ROWS
    html = {}
    for name, section in sections.items():
        html[name] = _safe("".join(_row(room, is_current=room["id"] == current) for room in section[:left]))
        left = max(0, left - len(section))
    return Sidebar(
        unread_rows=html["unread"],
        favorite_rows=html["favorites"],
        room_rows=html["rooms"],
        people_rows=html["people"],
        own_sections=_safe("".join(_own_section(each, html[_own_key(each)], folded) for each in own)),
        folded=_safe(" ".join(folded)),
        hides_empty=_safe(" hidden" if any(map(_is_conversation, chain(*sections.values()))) else ""),
    )


def _is_closed(room: JSON) -> bool:
    seq = room.get("closed_seq")
    return seq is not None and seq >= room["last_seq"]


def _sections(
    rooms: Iterable[JSON], own: Iterable[JSON], *, by_activity: bool, unread_first: bool
) -> dict[str, list[JSON]]:
    keys = {section["id"]: _own_key(section) for section in own}
    sections: dict[str, list[JSON]] = {name: [] for name in ("unread", "favorites", *keys.values(), "rooms", "people")}
    for room in sorted(filterfalse(_is_closed, rooms), key=lambda room: _collation_key(room["name"])):
        is_unread = unread_first and (room.get("is_new") or _has_unread(room))
        kind = keys.get(room.get("section")) or ("people" if _is_conversation(room) else "rooms")
        sections["unread" if is_unread else "favorites" if room.get("is_favorite") else kind].append(room)
    for name, section in sections.items():
        if by_activity or name == "people":
            section.sort(key=_last_at, reverse=True)
        if name == "unread":
            people = sorted(filter(_is_conversation, section), key=_last_at, reverse=True)
            section[:] = people + [room for room in section if not _is_conversation(room)]
        if name != "people":
            start = sum(map(_is_conversation, section)) if name == "unread" else 0
            section[start:] = sorted(
                section[start:], key=lambda room: (bool(room["archived_at"]), not room["is_default"])
            )
        if name == "unread":
            section.sort(key=lambda room: not room["unread_mentions"])
    return sections


def _own_key(section: JSON) -> str:
    return f"own-{section['id']}"


def _own_section(section: JSON, rows: str, folded: Collection[str]) -> str:
    key = _own_key(section)
    html = _own_template(get_language())
    for name in ("data-section", "data-fold", "data-list"):
        html = html.replace(f'{name}=""', f'{name}="{key}"', 1)
    if key in folded:
        html = html.replace('aria-expanded="true"', 'aria-expanded="false"', 1)
        html = html.replace("<section ", '<section class="is-folded" ', 1)
    html = html.replace("></ul>", f">{rows}</ul>", 1)
    return html.replace("></bdi>", f">{escape(section['name'])}</bdi>", 1)


def _row(room: JSON, *, is_current: bool) -> str:
    kind = room["kind"]
    row = _template(get_language()).replace("<a ", f'<a href="{room["url"]}" data-room="{room["id"]}" ', 1)
    if is_current:
        row = row.replace("<a ", '<a aria-current="page" ', 1)
    for other in ("public", "private", "direct", "group"):
        if other != kind:
            row = row.replace(f'data-kind="{other}"', f'data-kind="{other}" hidden', 1)
    is_new = room.get("is_new") and not is_current
    states = {"is-unread": _has_unread(room) or is_new, "is-muted": room["muted"], "is-archived": room["archived_at"]}
    classes = [name for name, applies in states.items() if applies]
    if classes:
        row = row.replace('class="room-row"', f'class="room-row {" ".join(classes)}"', 1)
    if room["peer"]:
        row = _with_avatar(row, room["peer"])
        if room["peer"].get("is_bot"):
            row = row.replace('class="bot-badge" hidden', 'class="bot-badge"', 1)
    if kind == "group":
        row = row.replace('data-kind="group"', f'data-kind="group" data-count="{len(room["people"])}"', 1)
    if is_new:
        row = row.replace('class="row__new" aria-hidden="true" hidden', 'class="row__new" aria-hidden="true"', 1)
    if badge := _badge(room):
        state = " is-direct" if _is_conversation(room) else " is-mention" if badge.startswith("@") else ""
        row = row.replace(
            'class="count" aria-hidden="true" hidden>', f'class="count{state}" aria-hidden="true">{badge}', 1
        )
    return row.replace("></bdi>", f">{escape(room['name'])}</bdi>", 1)


def _has_unread(room: JSON) -> bool:
    return bool(room["unread_mentions"] or (room["unread"] and not room["muted"]))


def _badge(room: JSON) -> str:
    """Return a text such as '3', or '@2' for the messages that mention the user. In conversations, all count."""
    mentions, unread = room["unread_mentions"], 0 if room["muted"] else room["unread"]
    count = (unread or mentions) if _is_conversation(room) else (mentions or unread)
    if not count:
        return ""
    sign = "@" if mentions and not _is_conversation(room) else ""
    return f"{sign}{MAX_UNREAD}+" if count > MAX_UNREAD else f"{sign}{count}"


def _with_avatar(row: str, peer: JSON) -> str:
    content = f'<img alt="" src="{escape(peer["avatar"])}">' if peer["avatar"] else escape(initials(peer["name"]))
    old = 'class="avatar is-small" data-kind="direct" aria-hidden="true">'
    return row.replace(
        old, f'class="avatar is-small hue-{peer["id"] % HUES}" data-kind="direct" aria-hidden="true">{content}', 1
    )


@cache
def _template(language: str | None) -> str:
    """Return the HTML of an empty row, which the script clones too."""
    return render_to_string("chat/_room_row.html").strip()


@cache
def _own_template(language: str | None) -> str:
    """Return the HTML of an empty own section, which the script clones too."""
    return render_to_string("chat/_own_section.html").strip()


def _is_conversation(room: JSON) -> bool:
    return room["kind"] in CONVERSATIONS


def _last_at(room: JSON) -> str:
    return room["last_at"] or ""


def _collation_key(name: str) -> list[tuple[int, str]]:
    """Return a key that orders names like the browser: regardless of case and accents, and numbers by value."""
    folded = "".join(each for each in unicodedata.normalize("NFKD", name) if not unicodedata.combining(each)).casefold()
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in _NUMBER.split(folded) if part]


def _safe(html: str) -> SafeString:
    return mark_safe(html)  # noqa: S308  # names are escaped
