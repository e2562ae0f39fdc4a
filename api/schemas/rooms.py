"""Structures of rooms and their members."""

from datetime import datetime
from typing import Literal

from msgspec import UNSET, UnsetType

from api.schemas.people import Person, Profile, Struct


class Room(Struct, kw_only=True):
    """A room or a conversation, as you see it. If you aren't in it, `role` is null, and other fields are missing."""

    id: int
    slug: str
    name: str
    kind: Literal["public", "private", "direct", "group"]
    topic: str
    version: int
    revision: int
    last_event: int
    last_seq: int
    last_at: datetime | None
    archived_at: datetime | None
    is_default: bool
    is_read_only: bool
    slow_seconds: int
    url: str
    peer: Profile | None
    people: list[Person] | UnsetType = UNSET
    role: Literal["owner", "moderator", "member"] | None
    last_read_seq: int
    cleared_seq: int
    unread: int
    unread_mentions: int
    mention_seqs: list[int]
    marked_unread_at: datetime | UnsetType | None = UNSET
    muted: bool | UnsetType = UNSET
    notification_level: str | UnsetType | None = UNSET
    is_favorite: bool | UnsetType = UNSET
    closed_seq: int | UnsetType | None = UNSET
    section: int | UnsetType | None = UNSET
    is_new: bool | UnsetType = UNSET


class Rooms(Struct, kw_only=True):
    rooms: list[Room]


class RoomPage(Struct, kw_only=True):
    """Rooms. `next`: the value of `before` for the next page, or null."""

    rooms: list[Room]
    next: str | None


class RoomLabel(Struct, kw_only=True):
    """The part of a room that is needed to name it and to link to it."""

    id: int
    kind: Literal["public", "private", "direct", "group"]
    name: str
    archived_at: datetime | None
    url: str
    peer: Person | None
    people: list[Person] | UnsetType = UNSET


class Member(Struct, kw_only=True):
    """A member of a room."""

    person: Profile
    role: Literal["owner", "moderator", "member"]


class Members(Struct, kw_only=True):
    """A page of members, owners first. `next`: the value of `after` for the next page, or null."""

    members: list[Member]
    next: str | None


class RefusedPerson(Struct, kw_only=True):
    """Someone who couldn't be added, and why."""

    user: int
    code: str
    detail: str
    field: str | UnsetType = UNSET
    retry_after: float | UnsetType = UNSET


class Additions(Struct, kw_only=True):
    """The ids of the people who are in the room now, and those who couldn't be added."""

    users: list[int]
    refused: list[RefusedPerson]


class Ban(Struct, kw_only=True):
    """A ban from a room. `until`: null if it is permanent."""

    person: Person
    by: Person | None
    reason: str
    until: datetime | None
    created_at: datetime


class Bans(Struct, kw_only=True):
    """A page of bans. `next`: the value of `before` for the next page, or null."""

    bans: list[Ban]
    next: str | None
