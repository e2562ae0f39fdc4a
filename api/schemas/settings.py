"""Structures of a person's own settings."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta

from api.schemas.people import Profile, Struct

Level = Literal["", "all", "mentions", "nothing"]
Sound = Literal["none", "knock", "bell", "drop"]
EmailDelay = Literal[0, 2, 15, 60]
Time = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", max_length=5)]


class Settings(Struct, kw_only=True):
    """Your preferences. `language`: empty for your browser's."""

    theme: Literal["", "light", "dark"]
    language: str
    shows_room_events: bool
    hides_last_seen: bool
    allows_direct_messages: bool


class Section(Struct, kw_only=True):
    """A section of your sidebar."""

    id: int
    name: str


class Sections(Struct, kw_only=True):
    sections: list[Section]


class ClearedHistory(Struct, kw_only=True):
    """The number of the last message that is hidden from you."""

    cleared_seq: int


class QuietHours(Struct, kw_only=True):
    """The quiet hours that begin on a day, in your time zone. An `end` before the `begin` is on the next day."""

    begin: Time
    end: Time


class NotificationSettings(Struct, kw_only=True):
    """Your notification settings. `quiet_hours`: for each day from Monday to Sunday, or empty."""

    level: Level
    hears_everyone: bool
    hears_threads: bool
    sound: Sound
    desktop: bool
    push: bool
    shows_content: bool
    email_delay: EmailDelay
    gets_digest: bool
    keywords: list[str]
    quiet_hours: list[QuietHours | None]


class RoomNotifications(Struct, kw_only=True):
    """The level that you chose for a room, or empty, and the one that applies otherwise."""

    level: Level
    default: Level


class NotificationExplanation(Struct, kw_only=True):
    headline: str
    reasons: list[str]


class Device(Struct, kw_only=True):
    """A device that gets push notifications. `result`: what became of the last one, and the `reason`."""

    id: int
    browser: str
    renewed_at: datetime
    result: Literal["delivered", "refused", "unreachable"] | None
    reason: str


class Devices(Struct, kw_only=True):
    devices: list[Device]


class PeoplePage(Struct, kw_only=True):
    """People. `next`: the value of `after` for the next page, or null."""

    people: list[Profile]
    next: str | None
