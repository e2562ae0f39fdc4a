"""Structures of messages, and of what belongs to them."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from msgspec import UNSET, UnsetType

from api.schemas.people import Person, Struct
from api.schemas.rooms import RoomLabel


class Alias(Struct, kw_only=True):
    """The name and emoji with which a bot's message is shown. If one is "", the bot's own name or avatar is."""

    name: str
    emoji: str


class Quote(Struct, kw_only=True):
    """The message that a reply replies to. `excerpt`: the beginning of its text."""

    id: int
    seq: int
    sender: Person
    alias: Alias | UnsetType = UNSET
    excerpt: str


class Attachment(Struct, kw_only=True):
    """A file. The URLs are paths; each is null if there is no such rendition."""

    id: UUID
    name: str
    size: int
    type: str
    kind: Literal["image", "video", "audio", "text", "pdf", "other"]
    url: str
    thumbnail: str | None
    display: str | None
    text: str | None
    width: int | None
    height: int | None
    lines: int | None
    preview: str | list[str] | None
    alt: str


class Reaction(Struct, kw_only=True):
    """An emoji, how many people used it, and the ids of the first 50. `own`: whether you are among them."""

    emoji: str
    count: int
    users: list[int]
    own: bool | UnsetType = UNSET


class MentionedGroup(Struct, kw_only=True):
    """A group that a message mentions. `users`: the ids of those whom it reaches."""

    id: int
    users: list[int]


class LinkPreviewImage(Struct, kw_only=True):
    """An image of a link preview. `url`: a path."""

    url: str
    width: int
    height: int


class LinkPreview(Struct, kw_only=True):
    """The preview of a link, taken from its page. A link to an image has no `title`."""

    id: int
    url: str
    title: str
    site: str
    description: str
    image: LinkPreviewImage | None


class Message(Struct, kw_only=True):
    """A message. A deleted one has no `body`, `html`, `attachments` and `previews`.

    client_id: only in your own messages. alias: only in some of bots.
    """

    id: int
    room: int
    seq: int
    version: int
    client_id: UUID | UnsetType = UNSET
    sender: Person
    alias: Alias | UnsetType = UNSET
    at: datetime
    body: str | UnsetType = UNSET
    html: str | UnsetType = UNSET
    edited_at: datetime | None
    deleted_at: datetime | None
    reply_to: Quote | None
    thread: int | None
    attachments: list[Attachment] | UnsetType = UNSET
    previews: list[LinkPreview] | UnsetType = UNSET
    reactions: list[Reaction]
    mentions: list[int]
    mentions_all: Literal["room", "here"] | None
    mentions_groups: list[MentionedGroup]
    pinned_at: datetime | None


class Posted(Struct, kw_only=True):
    """A stored message. `outsiders`: the people whom it mentions and who aren't in the room."""

    message: Message
    outsiders: list[Person] | UnsetType = UNSET


class ThreadSummary(Struct, kw_only=True):
    """The replies to a message. `message`: its id. `replies`: their number, where 1000 stands for 1,000 or more."""

    message: int
    replies: int
    last_seq: int
    last_at: datetime


class EventMessage(Struct, kw_only=True):
    """The message that a room event is about."""

    id: int
    sender: int


class RoomEvent(Struct, kw_only=True):
    """Something that happened in a room, such as someone joining. `text`: a sentence without the names."""

    id: int
    kind: str
    at: datetime
    after_seq: int
    actor: Person | None
    subject: Person | None
    text: str
    message_seq: int | None
    message: EventMessage | None


class MessagePage(Struct, kw_only=True):
    """Messages in the order of their numbers, and what belongs to them. `version`: the room's, to ask for changes."""

    messages: list[Message]
    saved: list[int]
    threads: list[ThreadSummary]
    events: list[RoomEvent]
    has_older: bool
    has_newer: bool
    version: int


class ThreadPage(Struct, kw_only=True):
    """The first message of a thread and replies to it, in the order of their numbers."""

    messages: list[Message]
    has_older: bool


class Changes(Struct, kw_only=True):
    """Messages in their newest state, by version.

    more: ask again, from `version`. reset: too much has changed; load the newest messages instead.
    """

    room: int
    since: int
    version: int
    messages: list[Message]
    more: bool
    reset: bool


class Reactors(Struct, kw_only=True):
    """The people who used an emoji. `next`: the `offset` of the next page, or null."""

    emoji: str
    count: int | UnsetType = UNSET
    people: list[Person]
    next: int | None


class ReactorsByEmoji(Struct, kw_only=True):
    reactions: list[Reactors]


class Messages(Struct, kw_only=True):
    messages: list[Message]


class NumberedMessages(Struct, kw_only=True):
    """Messages, the newest first. `next`: the value of `before` for the next page, or null."""

    messages: list[Message]
    next: int | None


class Preview(Struct, kw_only=True):
    html: str


class ReadMarker(Struct, kw_only=True):
    last_read_seq: int


class Draft(Struct, kw_only=True):
    """An unfinished message. Without text and quote, it was sent or deleted, and only its `version` is kept."""

    room: int
    version: int
    body: str
    reply_to: Quote | None


class StoredDraft(Struct, kw_only=True):
    draft: Draft


class SearchResult(Message, kw_only=True):
    """A message that was found. `highlights`: the words for which it was found, spelled as in it."""

    highlights: list[str]


class Indexing(Struct, kw_only=True):
    """How much of an older site has been indexed."""

    done: int
    total: int


class SearchResults(Struct, kw_only=True):
    """A page of results. `next`: the value of `before` for the next page, or null."""

    query: str
    order: Literal["newest", "best"]
    is_cut: bool
    understood: list[dict[str, Any]]
    messages: list[SearchResult]
    rooms: dict[str, RoomLabel]
    next: int | None
    indexing: Indexing | None


class Events(Struct, kw_only=True):
    """Events of the live protocol, and the position after them."""

    events: list[dict[str, Any]]
    after: str
