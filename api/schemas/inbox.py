"""Structures of what awaits a person."""

from datetime import datetime
from typing import Literal

from api.schemas.messages import Draft, Message
from api.schemas.people import Struct
from api.schemas.rooms import Room

Outcome = Literal["dismissed", "deleted", "warned", "suspended"]


class UnreadConversation(Struct, kw_only=True):
    """A room with unread messages. `count`: their number, or that of mentions if the room is muted.

    mentions, replies: the numbers of unread messages that mention you, and that reply to you.
    """

    room: Room
    is_for_you: bool
    count: int
    mentions: list[int]
    replies: list[int]
    messages: list[Message]


class Inbox(Struct, kw_only=True):
    """Up to 50 conversations. `remaining`: how many more there are."""

    conversations: list[UnreadConversation]
    remaining: int


class Position(Struct, kw_only=True):
    """The number of a message in a room, and those of earlier messages that mention you since an edit."""

    room: int
    seq: int
    mentions: list[int]


class Positions(Struct, kw_only=True):
    positions: list[Position]


class FollowedThread(Struct, kw_only=True):
    """A thread with its first message, its newest reply and the number of unread ones, up to 100."""

    root: Message
    newest: Message
    unread: int


class FollowedThreads(Struct, kw_only=True):
    """A page of threads. `next`: the value of `before` for the next page, or null."""

    threads: list[FollowedThread]
    next: int | None


class Drafts(Struct, kw_only=True):
    drafts: list[Draft]


class OwnReport(Struct, kw_only=True):
    """A message that you reported. `detail`: a sentence about the outcome."""

    id: int
    message: int
    reason: str
    created_at: datetime
    outcome: Outcome | None
    detail: str


class OwnReports(Struct, kw_only=True):
    """A page of reports. `next`: the value of `before` for the next page, or null."""

    reports: list[OwnReport]
    next: str | None


class Storage(Struct, kw_only=True):
    """Bytes. `allowed`: null if there is no limit."""

    used: int
    allowed: int | None
    files: int


class Version(Struct, kw_only=True):
    """A text that a message had since `at`. `number`: its place among all versions, from 1."""

    number: int
    at: datetime
    body: str


class Versions(Struct, kw_only=True):
    """Versions, the newest first. `next`: the value of `before` for the next page, or null."""

    versions: list[Version]
    next: int | None


class FirstMessage(Struct, kw_only=True):
    """The number of a message, or null if there is none."""

    seq: int | None
