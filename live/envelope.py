"""What travels between processes: one event, encoded once, and what its arrival changes."""

from typing import Any

import msgspec

encode = msgspec.json.Encoder().encode


class Envelope(msgspec.Struct, array_like=True, omit_defaults=True, frozen=True):
    """An event for all sockets of a topic.

    text: the event as JSON, the same for every socket; empty when only the effect matters.
    version: the room's version that the event brings it to; 0 for events without an order.
    author, author_text: this user's sockets get `author_text` instead of `text`.
    subscribe, unsubscribe: topics that the topic's sockets begin or cease to hear.
    close: the code with which the topic's sockets are closed; those that also hear `spare` stay open.
    origin: the process that published it; it has delivered to its own sockets already.
    """

    topic: str
    text: str = ""
    version: int = 0
    author: int = 0
    author_text: str = ""
    subscribe: str = ""
    unsubscribe: str = ""
    close: int = 0
    spare: str = ""
    origin: str = ""

    def text_for(self, user_id: int) -> str:
        return self.author_text if user_id == self.author and self.author_text else self.text


def encoded(event: dict[str, Any]) -> str:
    return encode(event).decode()
