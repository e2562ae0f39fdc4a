"""Describes how a search was understood."""

from datetime import date, timedelta
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from rooms.titles import conversation_title

JSON = dict[str, Any]
MAX_NAMES = 3

FEATURES = {
    "file": gettext_lazy("with a file"),
    "image": gettext_lazy("with an image"),
    "video": gettext_lazy("with a video"),
    "audio": gettext_lazy("with an audio file"),
    "pdf": gettext_lazy("with a PDF"),
    "text": gettext_lazy("with a text file"),
    "link": gettext_lazy("with a link"),
    "code": gettext_lazy("with code"),
    "reaction": gettext_lazy("with reactions"),
    "pin": gettext_lazy("pinned"),
}
STATES = {
    "unread": gettext_lazy("unread"),
    "pinned": gettext_lazy("pinned"),
    "reply": gettext_lazy("replies"),
    "edited": gettext_lazy("edited"),
    "saved": gettext_lazy("saved by you"),
    "mention": gettext_lazy("mentioning you"),
}


def describe(term: JSON) -> str:
    """Return a phrase for a term, as in “from Ana Ferreira” or “not: with a link”. `term`: see `Plan.understood`."""
    phrase = _phrase(term)
    return _("not: %(phrase)s") % {"phrase": phrase} if term["negated"] else phrase


def _phrase(term: JSON) -> str:
    kind, text = term["kind"], term["text"]
    if kind in ("has", "is"):
        return str((FEATURES if kind == "has" else STATES)[text])
    if kind in ("before", "after", "on"):
        return _date_phrase(kind, term)
    if kind in ("from", "with"):
        people = [person["name"] for person in term.get("people", ())]
        names = (conversation_title(people) if term.get("are_together") else _either(people)) or text
        return (_("from %(names)s") if kind == "from" else _("with %(names)s")) % {"names": names}
    if kind == "in":
        names = _either([f"#{room['name']}" for room in term.get("rooms", ())]) or text
        return _("in %(names)s") % {"names": names}
    return f"“{text}”"


def _date_phrase(kind: str, term: JSON) -> str:
    first, end = (date.fromisoformat(term[name]) for name in ("first", "end"))
    last = end - timedelta(days=1)
    if kind == "before":
        return _("before %(day)s") % {"day": _day(first)}
    if kind == "after":
        return _("after %(day)s") % {"day": _day(last)}
    if first == last:
        return _("on %(day)s") % {"day": _day(first)}
    return _("from %(first)s to %(last)s") % {"first": _day(first), "last": _day(last)}


def _day(day: date) -> str:
    return date_format(day, "DATE_FORMAT")


def _either(names: list[str]) -> str:
    """Join the first names. A name that many people share would make the sentence too long."""
    shown = names[:MAX_NAMES]
    return pgettext("between alternatives", " or ").join(shown) + (" …" if len(names) > MAX_NAMES else "")
