"""Redacts events for users who block someone mentioned in them."""

from typing import Any

import msgspec

from live import envelope
from live.envelope import encoded
from live.topics import room_of

Event = dict[str, Any]

_decode = msgspec.json.Decoder(dict[str, Any]).decode


def redact_envelope(event: envelope.Event, text: str, blocked: frozenset[int]) -> str:
    """Redact an event before it is sent. In the usual case, a blocked author's message, it needn't be decoded."""
    if event.author in blocked:
        return f'{{"type":"room.version","room":{room_of(event.topic)},"version":{event.version}}}'
    return redact_event(text, blocked)


def redact_event(text: str, blocked: frozenset[int]) -> str:
    """Return an event's JSON without blocked users' text, or "" if nothing is left.

    A room's numbered change becomes a `room.version` event, which has the version but not the message.
    """
    event = _decode(text)
    if event["type"] == "room.changes":
        event["messages"] = [_redact_quote(each, blocked) for each in event["messages"] if _is_seen(each, blocked)]
    elif "message" not in event:
        return ""
    elif _is_seen(event["message"], blocked):
        event["message"] = _redact_quote(event["message"], blocked)
    elif "version" in event:
        event = {"type": "room.version", "room": event["room"], "version": event["version"]}
    return encoded(event)


def _is_seen(message: Event, blocked: frozenset[int]) -> bool:
    return message["sender"]["id"] not in blocked


def _redact_quote(message: Event, blocked: frozenset[int]) -> Event:
    quoted = message["reply_to"]
    return message | {"reply_to": None} if quoted and quoted["sender"]["id"] in blocked else message
