"""The events of the protocol, and those of the client itself.

`decode()` turns a frame into events. Those that this version doesn't know, or whose fields it can't read, are skipped.
"""

from typing import Any

import msgspec
from msgspec import Struct, field

from chatsite_client.models import Limits, Message, Person, Room, RoomEvent

# -- from the server ----------------------------------------------------------------------------------


class Event(Struct, kw_only=True, tag_field="type"):
    """The base of all events."""


class Welcome(Event, tag="welcome"):
    """The first event on a connection."""

    protocol: int
    user: Person
    rooms: list[Room] = field(default_factory=list)
    limits: Limits = field(default_factory=Limits)
    online: list[int] = field(default_factory=list)
    away: list[int] = field(default_factory=list)
    muted: list[int] = field(default_factory=list)
    blocked: list[int] = field(default_factory=list)


class Ok(Event, tag="ok"):
    """The server did what a command asked for."""

    ref: str | None = None
    message: Message | None = None
    last_read_seq: int | None = None


class Error(Event, tag="error"):
    """The server refused a command."""

    ref: str | None = None
    code: str = ""
    detail: str = ""
    field: str | None = None
    retry_after: float | None = None


class MessagePosted(Event, tag="message.posted"):
    """A new message, including those that arrived while there was no connection."""

    room: int
    version: int
    message: Message


class MessageChanged(Event, tag="message.changed"):
    """A message in its new state: edited, deleted, pinned, or with other reactions."""

    room: int
    version: int
    message: Message


class RoomVersion(Event, tag="room.version"):
    """A change that isn't shown to you."""

    room: int
    version: int


class RoomChanges(Event, tag="room.changes"):
    """All changes since a version. The client turns them into MessagePosted, MessageChanged and RoomReset."""

    room: int
    since: int = 0
    version: int = 0
    messages: list[Message] = field(default_factory=list)
    more: bool = False
    reset: bool = False


class RoomJoined(Event, tag="room.joined"):
    """A room is new among yours."""

    room: Room
    added_by: Person | None = None


class RoomUpdated(Event, tag="room.updated"):
    """A room changed. `room` has the changed fields; `Client.rooms` has already been updated."""

    room: dict[str, Any]


class RoomLeft(Event, tag="room.left"):
    """A room isn't among yours anymore. `reason` is `left`, `removed`, `banned`, `deleted`, `blocked` or `private`."""

    room: int
    reason: str = ""


class RoomEvents(Event, tag="room.event"):
    """Someone joined, left, renamed or pinned something."""

    room: int
    events: list[RoomEvent] = field(default_factory=list)


class RoomRead(Event, tag="room.read"):
    """You have read the room up to `seq` on another device."""

    room: int
    seq: int


class RoomUnread(Event, tag="room.unread"):
    """You have marked the message `seq` and all later ones as unread."""

    room: int
    seq: int
    mention_seqs: list[int] = field(default_factory=list)


class Typing(Event, tag="room.typing"):
    """Someone is typing."""

    room: int
    user: int
    person: Person | None = None


class Presence(Event, tag="presence"):
    """People came online, went offline or became active or idle."""

    online: list[int] = field(default_factory=list)
    offline: list[int] = field(default_factory=list)
    away: list[int] = field(default_factory=list)


class PersonChanged(Event, tag="person.changed"):
    """A person's name, photo or status message changed."""

    person: Person


class PersonHidden(Event, tag="person.hidden"):
    """You have blocked someone. Reload what you show."""

    user: int
    rooms: list[Room] = field(default_factory=list)


class PersonShown(Event, tag="person.shown"):
    """You have unblocked someone. Reload what you show."""

    user: int
    rooms: list[Room] = field(default_factory=list)
    online: list[int] = field(default_factory=list)


class PeopleMuted(Event, tag="people.muted"):
    """Everyone whom you mute."""

    users: list[int] = field(default_factory=list)
    rooms: list[Room] = field(default_factory=list)


class ServerClosing(Event, tag="server.closing"):
    """The server is about to stop. The client reconnects by itself."""

    reason: str = ""
    retry_after: float | None = None


# -- from the client ----------------------------------------------------------------------------------


class Connected(Event, tag="client.connected"):
    """The connection is up, and `Client.rooms` is current. `is_first` is false after each reconnect."""

    is_first: bool


class ConnectionLost(Event, tag="client.connection_lost"):
    """The connection was lost. The client tries again in `retry_in` seconds."""

    reason: str
    retry_in: float


class RoomReset(Event, tag="client.room_reset"):
    """Too much has changed in the room while there was no connection: reload what you show of it."""

    room: int


class PostFailed(Event, tag="client.post_failed"):
    """A message in the outbox was refused, and has been removed from it."""

    room: int
    client_id: str
    body: str
    code: str
    detail: str


class _Tag(Struct):
    type: str = ""


_decode_frame = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode_tag = msgspec.json.Decoder(_Tag).decode
_FROM_CLIENT = (Connected, ConnectionLost, RoomReset, PostFailed)
_decoders = {
    str(kind.__struct_config__.tag): msgspec.json.Decoder(kind)
    for kind in Event.__subclasses__()
    if kind not in _FROM_CLIENT
}


def decode(frame: str | bytes) -> list[Event]:
    """Return the events in a frame. Raises msgspec.DecodeError if it isn't an array of objects."""
    events = []
    for raw in _decode_frame(frame):
        decoder = _decoders.get(_decode_tag(raw).type)
        if decoder is None:
            continue
        try:
            events.append(decoder.decode(raw))
        except msgspec.ValidationError:
            continue
    return events
