"""Decides how someone is notified of a message: the only place that does."""

from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from typing import NamedTuple

from accounts.models import NotificationLevel
from messaging.models import Cause, Channel, Sound, Trigger
from messaging.notifications.quiet_hours import Day, are_quiet

OLD = timedelta(hours=24)  # messages that are found later, such as imported ones, notify nobody

# The first one that applies to a message is named as the reason.
BY_IMPORTANCE = (
    Trigger.DIRECT,
    Trigger.MENTION,
    Trigger.REPLY,
    Trigger.GROUP,
    Trigger.KEYWORD,
    Trigger.THREAD,
    Trigger.EVERYONE,
    Trigger.ROOM,
)
COUNTING_IF_MUTED = frozenset({Trigger.MENTION, Trigger.GROUP})  # as in the list of rooms
MENTIONS = frozenset({Trigger.MENTION, Trigger.GROUP, Trigger.EVERYONE})
EMAILED = frozenset({Trigger.DIRECT, Trigger.MENTION, Trigger.GROUP})


@dataclass(frozen=True, slots=True)
class Incoming:
    """A new message, or one whose edit mentions more people."""

    sender_id: int
    seq: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Recipient:
    """Someone whom a message may concern, with all that matters for the decision.

    level: for this room: their choice for it, or else their default; for a conversation, "every message" by default.
    last_read_seq, cleared_seq, is_muted: of their membership in the room.
    quiet_hours: see NotificationPreferences. zone: their time zone.
    is_present: whether one of their pages or clients is connected and in use. is_connected: whether any is connected.
    has_push: whether a device is registered for push. has_email: whether they have an address that emails reach.
    language, shows_content: for the texts of notifications; they decide nothing.
    """

    user_id: int
    is_active: bool = True
    is_member: bool = True
    level: str = NotificationLevel.MENTIONS
    is_muted: bool = False
    last_read_seq: int = 0
    cleared_seq: int = 0
    blocked: Set[int] = frozenset()
    muted: Set[int] = frozenset()
    hears_everyone: bool = True
    hears_threads: bool = True
    is_dnd: bool = False
    quiet_hours: Sequence[Day] = field(default_factory=list)
    zone: tzinfo = UTC
    is_present: bool = False
    is_connected: bool = False
    desktop: bool = True
    sound: str = Sound.KNOCK
    has_push: bool = False
    has_email: bool = False
    email_delay: int = 0
    language: str = "en"
    shows_content: bool = True


class Decision(NamedTuple):
    """How someone is notified of a message, and why.

    channel: the most noticeable way. trigger: why the message concerns them, or None if it doesn't.
    cause: why they are notified in this way, or why they aren't.
    on_page: how their open pages notify them: SOUND, DESKTOP, or NOTHING.
    email_due_at: when to send the message by email unless they have read it, or None.
    """

    channel: Channel
    trigger: Trigger | None
    cause: Cause
    on_page: Channel = Channel.NOTHING
    email_due_at: datetime | None = None


def decide(message: Incoming, triggers: Set[Trigger], recipient: Recipient, now: datetime) -> Decision:
    """Decide how someone is notified of a message. `triggers`: all reasons why it may concern them."""
    trigger = next((each for each in BY_IMPORTANCE if each in triggers), None)
    if hindrance := _hindrance(message, recipient, now):
        return Decision(Channel.NOTHING, trigger, hindrance)
    wanted = _wanted(triggers, recipient)
    trigger = next((each for each in BY_IMPORTANCE if each in wanted), trigger)
    if recipient.is_muted or recipient.level == NotificationLevel.NOTHING:
        channel = Channel.BADGE if wanted & COUNTING_IF_MUTED else Channel.NOTHING
        return Decision(channel, trigger, Cause.MUTED_ROOM if recipient.is_muted else Cause.LEVEL)
    if trigger is None or not wanted:
        return Decision(Channel.NOTHING, trigger, Cause.NOT_CONCERNED if not triggers else Cause.LEVEL)
    due_at = _email_due_at(message, trigger, recipient)
    if quiet := _quiet(recipient, now):
        return Decision(Channel.BADGE, trigger, quiet, email_due_at=due_at)
    return _notify(trigger, recipient, due_at)


def _hindrance(message: Incoming, recipient: Recipient, now: datetime) -> Cause | None:
    """Return why nobody would notify this person, whatever their preferences."""
    if message.sender_id == recipient.user_id:
        return Cause.OWN
    if not recipient.is_active or not recipient.is_member:
        return Cause.INACTIVE_ACCOUNT if not recipient.is_active else Cause.NOT_MEMBER
    if message.sender_id in recipient.blocked:
        return Cause.BLOCKED
    if message.sender_id in recipient.muted:
        return Cause.MUTED_PERSON
    if message.seq <= recipient.cleared_seq:
        return Cause.CLEARED
    if message.seq <= recipient.last_read_seq:
        return Cause.READ
    return Cause.OLD if message.at < now - OLD else None


def _wanted(triggers: Set[Trigger], recipient: Recipient) -> Set[Trigger]:
    """Return the reasons that count, given the person's preferences."""
    unwanted = set()
    if recipient.level != NotificationLevel.EVERYTHING:
        unwanted.add(Trigger.ROOM)
    if not recipient.hears_everyone:
        unwanted.add(Trigger.EVERYONE)
    if not recipient.hears_threads:
        unwanted.add(Trigger.THREAD)
    return triggers - unwanted


def _quiet(recipient: Recipient, now: datetime) -> Cause | None:
    if recipient.is_dnd:
        return Cause.DND
    return Cause.QUIET_HOURS if are_quiet(recipient.quiet_hours, now.astimezone(recipient.zone)) else None


def _email_due_at(message: Incoming, trigger: Trigger, recipient: Recipient) -> datetime | None:
    if trigger not in EMAILED or not recipient.has_email or not recipient.email_delay:
        return None
    return message.at + timedelta(minutes=recipient.email_delay)


def _notify(trigger: Trigger, recipient: Recipient, due_at: datetime | None) -> Decision:
    """Also notify on pages that aren't in use, for when the person comes back."""
    on_page = _on_page(recipient) if recipient.is_connected else Channel.NOTHING
    if recipient.is_present:
        return Decision(_audible(on_page), trigger, Cause.ACTIVE, on_page, due_at)
    if recipient.has_push:
        return Decision(Channel.PUSH, trigger, Cause.AWAY, on_page, due_at)
    if on_page != Channel.NOTHING:
        return Decision(on_page, trigger, Cause.AWAY, on_page, due_at)
    channel = Channel.EMAIL if due_at is not None else Channel.BADGE
    return Decision(channel, trigger, Cause.AWAY, on_page, due_at)


def _on_page(recipient: Recipient) -> Channel:
    if recipient.desktop:
        return Channel.DESKTOP
    return Channel.SOUND if recipient.sound != Sound.NONE else Channel.NOTHING


def _audible(on_page: Channel) -> Channel:
    return Channel.BADGE if on_page == Channel.NOTHING else on_page
