"""Redacts events for users who block someone mentioned in them."""

from typing import Any

import msgspec

from live import envelope
from live.envelope import encoded
from live.topics import room_of, room_topic
from messaging.history.events import describe_missed
from messaging.reactions.summary import is_complete, without_users

Event = dict[str, Any]

_decode = msgspec.json.Decoder(dict[str, Any]).decode


def redact_envelope(event: envelope.Event, text: str, blocked: frozenset[int]) -> str:
    """Redact an event before it is sent. In the usual case, a blocked author's message, it needn't be decoded."""
    if event.author in blocked:
        return f'{{"type":"room.version","room":{room_of(event.topic)},"version":{event.version}}}'
    return redact_event(text, blocked)


def redact_event(text: str, blocked: frozenset[int]) -> str:
    """Return an event's JSON without blocked users' text and reactions, or "" if nothing is left.

    A room's numbered change becomes a `room.version` event, which has the version but not the message. If the change
    doesn't list all users who reacted, the client requests it instead, because only the database knows who they are.
    """
    event = _decode(text)
    if event["type"] == "room.changes":
        seen = [each for each in event["messages"] if _is_seen(each, blocked)]
        if not all(is_complete(each["reactions"]) for each in seen):
            return describe_missed(room_topic(event["room"]), event["since"])
        event["messages"] = [_redact_message(each, blocked) for each in seen]
    elif event["type"] == "room.event":
        event["events"] = [_redact_pin(each, blocked) for each in event["events"] if not _people_in(each) & blocked]
        return encoded(event) if event["events"] or event["removed"] else ""
    elif "message" not in event or event["type"] == "notification":
        return ""
    elif _is_seen(message := event["message"], blocked):
        if "version" in event and not is_complete(message["reactions"]):
            return describe_missed(room_topic(event["room"]), event["version"] - 1)
        event["message"] = _redact_message(message, blocked)
    elif "version" in event:
        event = {"type": "room.version", "room": event["room"], "version": event["version"]}
    return encoded(event)


def _is_seen(message: Event, blocked: frozenset[int]) -> bool:
    return message["sender"]["id"] not in blocked


def _people_in(room_event: Event) -> set[int]:
    return {person["id"] for person in (room_event["actor"], room_event["subject"]) if person}


def _redact_message(message: Event, blocked: frozenset[int]) -> Event:
    quoted = message["reply_to"]
    is_quote_hidden = quoted and quoted["sender"]["id"] in blocked
    return message | {
        "reply_to": None if is_quote_hidden else quoted,
        "reactions": without_users(message["reactions"], blocked),
    }


def _redact_pin(room_event: Event, blocked: frozenset[int]) -> Event:
    message = room_event["message"]
    return room_event | {"message": None} if message and message["sender"] in blocked else room_event
