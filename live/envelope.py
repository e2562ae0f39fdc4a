"""What travels between processes: one event, encoded once, and what its arrival changes."""

from typing import Any

import msgspec

encode = msgspec.json.Encoder().encode


class Envelope(msgspec.Struct, array_like=True, omit_defaults=True, frozen=True):
    """An event for all sockets of a topic.

    text: the event as JSON, the same for every socket; empty when only the effect matters.
    version: the room's version that the event brings it to; 0 for events without an order.
    author, author_text: this user's sockets get `author_text` instead of `text`.
    people: whose words or deeds it tells of; sockets that hide one of them get what the hub's `redact` leaves.
    subscribe, unsubscribe: topics that the topic's sockets begin or cease to hear.
    known: the version of the room to subscribe to that its new hearers were given; -1 where none was.
    fleeting: not for sockets that are behind; nobody misses it later.
    close: the code with which the topic's sockets are closed; those that also hear `spare` stay open.
    hidden: the ids of all people whom the topic's sockets do not see from now on.
    only: of these only the socket with this key is closed.
    """

    topic: str
    text: str = ""
    version: int = 0
    author: int = 0
    author_text: str = ""
    subscribe: str = ""
    unsubscribe: str = ""
    known: int = -1
    fleeting: bool = False
    close: int = 0
    spare: str = ""
    people: tuple[int, ...] = ()
    hidden: list[int] | None = None
    only: str = ""

    @property
    def moves(self) -> bool:
        """Its arrival changes who hears what."""
        return bool(self.subscribe or self.unsubscribe or self.close or self.hidden is not None)

    def text_for(self, user_id: int) -> str:
        return self.author_text if user_id and user_id == self.author else self.text


class Packet(msgspec.Struct, array_like=True, frozen=True):
    """Envelopes as the channel layer carries them. `origin`: the process that has delivered them to its own already."""

    origin: str
    envelopes: list[Envelope]


def encoded(event: Any) -> str:
    return encode(event).decode()
