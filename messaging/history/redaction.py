"""Events without the people whom somebody does not see."""

from typing import Any

import msgspec

from live import envelope
from live.envelope import encoded
from live.topics import room_of

Event = dict[str, Any]

_decode = msgspec.json.Decoder(dict[str, Any]).decode


def redacted(event: envelope.Event, text: str, hidden: frozenset[int]) -> str:
    """What `without` leaves of the text. A message of somebody hidden needs no reading: that is nearly all."""
    if event.author in hidden:
        return f'{{"type":"room.version","room":{room_of(event.topic)},"version":{event.version}}}'
    return without(text, hidden)


def without(text: str, hidden: frozenset[int]) -> str:
    """An event as JSON for somebody who does not see these people; empty when nothing is left of it.

    A room's numbered change stays one: as `room.version` it says that it is not for them.
    """
    event = _decode(text)
    if event["type"] == "room.changes":
        event["messages"] = [_trimmed(each, hidden) for each in event["messages"] if _is_seen(each, hidden)]
    elif "message" not in event:
        return ""
    elif _is_seen(event["message"], hidden):
        event["message"] = _trimmed(event["message"], hidden)
    elif "version" in event:
        event = {"type": "room.version", "room": event["room"], "version": event["version"]}
    return encoded(event)


def _is_seen(message: Event, hidden: frozenset[int]) -> bool:
    return message["sender"]["id"] not in hidden


def _trimmed(message: Event, hidden: frozenset[int]) -> Event:
    quoted = message["reply_to"]
    return message | {"reply_to": None} if quoted and quoted["sender"]["id"] in hidden else message
