"""The verbs by which a room is kept in order: bans, slow mode, read-only. `actor` None is the administration."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.audit import Kind
from accounts.models import User
from rooms import events
from rooms.actions import JOINERS
from rooms.errors import Forbidden, Invalid, NotFound
from rooms.models import SLOWEST, Ban, Membership, Room
from rooms.permissions import NO_ROOM, lock_room, require_above, require_moderator

REASON_LENGTH = 250


@transaction.atomic
def ban_member(*, actor: User | None, room: Room, user: User, reason: str = "", until: datetime | None = None) -> Ban:
    """Keep somebody out, and put them out if they are in; until then the room is not there for them.

    Owners ban everybody but owners, moderators those who have no role. A ban that is in force already
    gives way to the new one. `until` None: for good.
    """
    room = lock_room(room)
    if room.is_direct:
        raise Forbidden("You can’t ban someone from a direct message.")
    membership = Membership.objects.filter(room=room, user=user).first()
    if actor is not None:
        _require_above(actor, room, membership)
    _check_bannable(user, membership)
    ban = Ban(room=room, user=user, by=actor, reason=_clean_reason(reason), until=_clean_end(until))
    _end_bans(room, user)
    ban.save()
    end = ban.until and ban.until.isoformat(timespec="seconds")
    audit.record(Kind.BANNED, actor=actor, target=user, room=room.pk, room_name=room.name, until=end)
    if membership is not None:
        membership.delete()
        events.announce_left(user, room, "banned", ban=ban)
    return ban


@transaction.atomic
def lift_ban(*, actor: User | None, room: Room, user: User) -> None:
    """They can come back, by themselves or by invitation."""
    room = lock_room(room)
    if actor is not None:
        require_moderator(actor, room)
    if not _end_bans(room, user):
        raise NotFound(f"{user.name} is not banned from this room.", field="user")


@transaction.atomic
def limit_posting(
    *, actor: User | None, room: Room, slow_seconds: int | None = None, is_read_only: bool | None = None
) -> Room:
    """Let members write only now and then, or not at all. What is None stays as it is."""
    room = lock_room(room)
    if room.is_direct:
        raise Forbidden("Direct messages don’t have posting limits.")
    if actor is not None:
        require_moderator(actor, room)
    before = room.slow_seconds, room.is_read_only
    if slow_seconds is not None:
        room.slow_seconds = _clean_seconds(slow_seconds)
    if is_read_only is not None:
        room.is_read_only = is_read_only
    if (room.slow_seconds, room.is_read_only) != before:
        room.save(update_fields=["slow_seconds", "is_read_only"])
        events.announce_updated(room)
    return room


# -- helpers, in the order in which they are called ---------------------------------------------------


def _require_above(actor: User, room: Room, membership: Membership | None) -> None:
    """Whoever may not see a private room is told that there is none."""
    if not Room.objects.visible_to(actor).filter(pk=room.pk).exists():
        raise NotFound(NO_ROOM)
    require_above(actor, room, membership)


def _check_bannable(user: User, membership: Membership | None) -> None:
    if user.is_superuser:
        raise Forbidden("Site admins can’t be banned.")
    if membership is not None and membership.role == Membership.Role.OWNER:
        raise Forbidden("Owners can’t be banned. Change their role first.")


def _clean_reason(reason: str) -> str:
    reason = " ".join(reason.split())
    if len(reason) > REASON_LENGTH:
        raise Invalid(f"At most {REASON_LENGTH} characters.", field="reason")
    if not reason.translate(JOINERS).isprintable():
        raise Invalid("Can’t contain invisible characters.", field="reason")
    return reason


def _clean_end(until: datetime | None) -> datetime | None:
    if until is not None and until <= timezone.now():
        raise Invalid("Must be in the future.", field="until")
    return until


def _end_bans(room: Room, user: User) -> int:
    return Ban.objects.in_force().filter(room=room, user=user).update(until=timezone.now())


def _clean_seconds(seconds: int) -> int:
    if not 0 <= seconds <= SLOWEST:
        raise Invalid(f"From 0 (no slow mode) to {SLOWEST} (a day).", field="slow_seconds")
    return seconds
