"""Envelopes sent between processes: events for sockets, and controls that change the sockets themselves."""

from typing import Any, Self

import msgspec

encode = msgspec.json.Encoder().encode


def encoded(event: Any) -> str:
    return encode(event).decode()


class Event(msgspec.Struct, tag="event", array_like=True, omit_defaults=True, frozen=True):
    """An event for all sockets of a topic, encoded once.

    text: the event as JSON.
    version: the room's version after the event; 0 for unordered events.
    author, author_text: the sockets of the user `author` get `author_text` instead of `text`.
    about: ids of the users mentioned in the event; sockets that block one of them get the result of the hub's `redact`.
    ephemeral: if true, the event is skipped for sockets that lag behind and is never sent later.
    """

    topic: str
    text: str
    version: int = 0
    author: int = 0
    author_text: str = ""
    about: tuple[int, ...] = ()
    ephemeral: bool = False

    @classmethod
    def of(cls, topic: str, event: dict[str, Any], *, about: tuple[int, ...] = (), ephemeral: bool = False) -> Self:
        """Encode an event that is unordered and the same for everyone."""
        return cls(topic, encoded(event), about=about, ephemeral=ephemeral)

    def text_for(self, user_id: int) -> str:
        return self.author_text if user_id and user_id == self.author else self.text


class Subscribe(msgspec.Struct, tag="subscribe", array_like=True, frozen=True):
    """Subscribe the topic's sockets to `target`, a room whose state they received at version `baseline`."""

    topic: str
    target: str
    baseline: int


class Unsubscribe(msgspec.Struct, tag="unsubscribe", array_like=True, frozen=True):
    """Unsubscribe the topic's sockets from `target`."""

    topic: str
    target: str


class Close(msgspec.Struct, tag="close", array_like=True, omit_defaults=True, frozen=True):
    """Close the topic's sockets with `code`: all except those in `except_topic`, or only the one with `only_key`."""

    topic: str
    code: int
    except_topic: str = ""
    only_key: str = ""


class SetBlocklist(msgspec.Struct, tag="blocklist", array_like=True, frozen=True):
    """Replace the ids of the users whom the topic's sockets block."""

    topic: str
    blocked_ids: frozenset[int]


class Input(msgspec.Struct, tag="input", array_like=True, frozen=True):
    """A frame from the client of the topic's socket `only_key`, which another process has received for it."""

    topic: str
    only_key: str
    text: str


Control = Subscribe | Unsubscribe | Close | SetBlocklist | Input
Envelope = Event | Control


class Packet(msgspec.Struct, array_like=True, frozen=True):
    """Envelopes as sent through the channel layer. `origin` identifies the sending process, which ignores its own."""

    origin: str
    envelopes: list[Envelope]
