"""Events of the connection, messages, rooms and people."""

from typing import Any

from msgspec import field

from chatsite_client.events.base import Event
from chatsite_client.models import Draft, FollowedThreads, Limits, Message, Person, Room, RoomEvent


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
    drafts: list[Draft] = field(default_factory=list)
    threads: FollowedThreads = field(default_factory=FollowedThreads)


class Ok(Event, tag="ok"):
    """The server did what a command asked for."""

    ref: str | None = None
    message: Message | None = None
    last_read_seq: int | None = None
    draft: Draft | None = None


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
