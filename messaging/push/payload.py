"""The content of push notifications, in the form of Declarative Web Push.

Safari shows it without a service worker. In other browsers, the service worker reads it.
"""

import json
from typing import Any, NamedTuple

VERSION = 8030  # of the format
ELLIPSIS = "…"


class Notice(NamedTuple):
    """A notification as it is shown. `url`: where it leads. `tag`: it replaces one with the same tag."""

    title: str
    body: str
    url: str
    tag: str
    language: str
    badge: int | None = None

    def encoded(self, size: int) -> bytes:
        """Return the notification in at most `size` bytes. If it is longer, its body is cut, and then its title."""
        whole = self._encode(self.title, self.body)
        if len(whole) <= size:
            return whole
        room = size - len(self._encode(self.title, ""))
        if room >= len(_escaped(ELLIPSIS)):
            return self._encode(self.title, cut(self.body, room))
        return self._encode(cut(self.title, size - len(self._encode("", ""))), "")

    def _encode(self, title: str, body: str) -> bytes:
        shown = {
            "title": title,
            "body": body,
            "navigate": self.url,
            "tag": self.tag,
            "silent": False,
            "lang": self.language,
            "dir": "auto",
        }
        return _encode({"notification": shown, **_badge(self.badge), "mutable": True})


class Closing(NamedTuple):
    """Ends the notifications with these tags."""

    tags: tuple[str, ...]
    badge: int | None = None

    def encoded(self, size: int) -> bytes:
        return _encode({"close": self.tags, **_badge(self.badge)})


def cut(text: str, size: int) -> str:
    """Shorten a text so that it takes at most `size` bytes in JSON."""
    left = size - len(_escaped(ELLIPSIS))
    for place, character in enumerate(text):
        left -= len(_escaped(character))
        if left < 0:
            return text[:place].rstrip() + ELLIPSIS
    return text


def _badge(count: int | None) -> dict[str, int]:
    return {} if count is None else {"app_badge": count}


def _encode(fields: dict[str, Any]) -> bytes:
    return json.dumps({"web_push": VERSION, **fields}, ensure_ascii=False, separators=(",", ":")).encode()


def _escaped(text: str) -> bytes:
    """Return a text as in JSON, without the quotation marks."""
    return json.dumps(text, ensure_ascii=False).encode()[1:-1]
