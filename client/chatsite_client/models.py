"""The objects of the protocol. Unknown fields are ignored, and missing ones have their defaults."""

from datetime import datetime
from typing import Any

from msgspec import Struct, field


class Person(Struct, kw_only=True):
    """A person or a bot. Only a profile, such as `Client.me`, has a `status_text`."""

    id: int
    username: str = ""
    name: str = ""
    avatar: str | None = None
    is_bot: bool = False
    status_text: str = ""


class Alias(Struct, kw_only=True):
    """The name and emoji with which a bot's message is shown. Each may be ""."""

    name: str = ""
    emoji: str = ""


class Quote(Struct, kw_only=True):
    """The start of the message that another one replies to."""

    id: int
    seq: int
    sender: Person
    alias: Alias | None = None
    excerpt: str = ""

    @property
    def sender_name(self) -> str:
        """The name with which its sender is shown, which may be an alias."""
        return (self.alias and self.alias.name) or self.sender.name


class Attachment(Struct, kw_only=True):
    """A file. `kind` is `image`, `video`, `audio`, `text`, `pdf` or `other`; `url` is a path of the site."""

    id: str
    name: str
    size: int = 0
    type: str = ""
    kind: str = "other"
    url: str = ""
    width: int | None = None
    height: int | None = None
    lines: int | None = None
    alt: str = ""


class Reaction(Struct, kw_only=True):
    """How many people reacted with an emoji. `users` has the ids of the first 50."""

    emoji: str
    count: int = 0
    users: list[int] = field(default_factory=list)
    own: bool | None = None


class GroupMention(Struct, kw_only=True):
    """A group that a message mentions, and the ids of the people whom it reaches."""

    id: int
    users: list[int] = field(default_factory=list)


class Message(Struct, kw_only=True):
    """A message in its complete state. A deleted one has `deleted_at`, and no `body` or `attachments`."""

    id: int
    room: int
    seq: int
    version: int = 0
    sender: Person
    alias: Alias | None = None
    at: datetime
    client_id: str | None = None
    body: str = ""
    html: str = ""
    edited_at: datetime | None = None
    deleted_at: datetime | None = None
    reply_to: Quote | None = None
    thread: int | None = None
    attachments: list[Attachment] = field(default_factory=list)
    reactions: list[Reaction] = field(default_factory=list)
    mentions: list[int] = field(default_factory=list)
    mentions_groups: list[GroupMention] = field(default_factory=list)
    mentions_all: str | None = None
    pinned_at: datetime | None = None

    @property
    def sender_name(self) -> str:
        """The name with which its sender is shown, which may be an alias."""
        return (self.alias and self.alias.name) or self.sender.name

    def mentions_person(self, person_id: int) -> bool:
        """Return whether it mentions this person by name, in a group or with everyone."""
        in_group = any(person_id in group.users for group in self.mentions_groups)
        return person_id in self.mentions or in_group or self.mentions_all is not None


class Room(Struct, kw_only=True):
    """One of your rooms or conversations. `kind` is `public`, `private`, `direct` or `group`."""

    id: int
    slug: str = ""
    name: str = ""
    kind: str = "public"
    topic: str = ""
    version: int = 0
    last_seq: int = 0
    last_read_seq: int = 0
    closed_seq: int | None = None
    marked_unread_at: datetime | None = None
    unread: int = 0
    unread_mentions: int = 0
    mention_seqs: list[int] = field(default_factory=list)
    muted: bool = False
    is_favorite: bool = False
    is_read_only: bool = False
    slow_seconds: int = 0
    archived_at: datetime | None = None
    last_at: datetime | None = None
    role: str | None = None
    peer: Person | None = None
    people: list[Person] = field(default_factory=list)

    @property
    def is_conversation(self) -> bool:
        return self.kind in ("direct", "group")

    @property
    def is_closed(self) -> bool:
        """Whether the conversation is hidden until its next message."""
        return self.closed_seq is not None and self.closed_seq >= self.last_seq

    @property
    def title(self) -> str:
        """The name as people write it: `#slug` for rooms, and the names of the people for conversations."""
        if self.kind == "direct" and self.peer is not None:
            return self.peer.name
        return self.name if self.is_conversation else f"#{self.slug or self.name}"


class Limits(Struct, kw_only=True):
    """The site's limits: the characters of a message, the bytes of a file, and the files of a message."""

    body: int = 8_000
    file: int = 0
    files: int = 10


class RoomEvent(Struct, kw_only=True):
    """Someone joined or left, or the room was changed. It comes after the message with the number `after_seq`."""

    id: int
    kind: str
    at: datetime
    after_seq: int = 0
    actor: Person | None = None
    subject: Person | None = None
    text: str = ""


class ThreadSummary(Struct, kw_only=True):
    """The replies to a message, whose id is `message`. 1000 stands for 1,000 or more."""

    message: int
    replies: int = 0
    last_seq: int = 0


class UnreadThread(Struct, kw_only=True):
    """A thread that you follow and that has unread replies. `thread` is the id of its first message."""

    thread: int
    room: int
    unread: int = 0
    last_seq: int = 0


class FollowedThreads(Struct, kw_only=True):
    """The threads that you follow, by the ids of their first messages, and those with unread replies."""

    followed: list[int] = field(default_factory=list)
    unread: list[UnreadThread] = field(default_factory=list)


class SlashCommand(Struct, kw_only=True):
    """A slash command of a room or the site. `argument_hint`: what may follow its name, such as "[branch]"."""

    name: str
    description: str = ""
    argument_hint: str = ""


class Draft(Struct, kw_only=True):
    """Your unfinished message in a room. Without text and quote, it was sent or deleted."""

    room: int
    version: int = 0
    body: str = ""
    reply_to: Quote | None = None


class Page(Struct, kw_only=True):
    """A part of a room's history or of a thread, oldest message first. `saved`: the ids of those that you saved."""

    messages: list[Message]
    events: list[RoomEvent] = field(default_factory=list)
    threads: list[ThreadSummary] = field(default_factory=list)
    saved: list[int] = field(default_factory=list)
    has_older: bool = False
    has_newer: bool = False


class Saved(Struct, kw_only=True):
    """A message that you saved for later."""

    message: Message
    saved_at: datetime


class SavedPage(Struct, kw_only=True):
    """A page of saved messages, the latest first. `next` is the `before` of the next page, if any."""

    saved: list[Saved]
    next: str | None = None


class MentionsPage(Struct, kw_only=True):
    """A page of messages that mention you, the newest first. `next` is the `before` of the next page, if any."""

    messages: list[Message]
    next: int | None = None


class Found(Struct, kw_only=True):
    """A page of messages that a search found, newest first. `next` is the `before` of the next page, if any."""

    messages: list[Message]
    rooms: dict[int, Room] = field(default_factory=dict)
    understood: list[dict[str, Any]] = field(default_factory=list)
    next: int | None = None
