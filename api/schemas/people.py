"""Structures of people, and of errors."""

from datetime import datetime
from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType


class Struct(msgspec.Struct, forbid_unknown_fields=True):
    """The base of these structures."""


class Person(Struct, kw_only=True):
    """A person or a bot. `avatar`: a path, or null."""

    id: int
    username: str
    name: str
    avatar: str | None
    is_bot: bool | UnsetType = UNSET


class Profile(Person, kw_only=True):
    """A person with their status message. `status_until`: when it clears, or null."""

    status_text: str
    status_until: datetime | None


class OwnProfile(Profile, kw_only=True):
    """Your own profile."""

    status: Literal["auto", "dnd", "invisible"]
    hides_last_seen: bool
    shows_room_events: bool


class People(Struct, kw_only=True):
    people: list[Profile]


class Error(Struct, kw_only=True):
    """An error. `detail`: a sentence for people. `field`: the invalid field. `retry_after`: seconds."""

    code: str
    detail: str
    field: str | UnsetType = UNSET
    retry_after: float | UnsetType = UNSET
