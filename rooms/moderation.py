"""Moderation of rooms: bans, slow mode and read-only rooms.

If `actor` is None, the action comes from the admin site, which may do everything.
"""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.audit import Kind
from accounts.models import User
from rooms import events, room_events
from rooms.errors import Forbidden, Invalid, NotFound
from rooms.models import MAX_SLOW_SECONDS, Ban, Membership, Room
from rooms.permissions import NO_ROOM, lock_room, require_above, require_moderator
from rooms.removals import record_removal
from rooms.validation import clean_line

REASON_LENGTH = 250
LIMITS = ("slow_seconds", "is_read_only", "allows_agents", "shows_link_previews")


@transaction.atomic
def ban_member(*, actor: User | None, room: Room, user: User, reason: str = "", until: datetime | None = None) -> Ban:
    """Remove a user from a room and hide it from them until `until`, or permanently if that is None.

    Owners may ban anyone except owners; moderators may ban members without a role and users outside the room. The new
    ban replaces any that is in force. `actor` can undo it for a moment.
    """
    room = lock_room(room)
    if room.is_conversation:
        raise Forbidden(_("You can’t ban someone from a conversation."))
    membership = Membership.objects.filter(room=room, user=user).first()
    if actor is not None:
        _require_above(actor, room, membership)
    _check_bannable(user, membership)
    ban = Ban(
        room=room,
        user=user,
        by=actor,
        reason=clean_line(reason, field="reason", most=REASON_LENGTH),
        until=_clean_end(until),
    )
    replaced_bans = list(Ban.objects.in_force().filter(room=room, user=user))
    _end_bans(room, user)
    ban.save()
    record_removal(actor, membership, room=room, user=user, ban=ban, replaced_bans=replaced_bans)
    end = ban.until and ban.until.isoformat(timespec="seconds")
    audit.record(Kind.BANNED, actor=actor, target=user, room=room.pk, room_name=room.name, until=end)
    if membership is not None:
        Membership.objects.filter(pk=membership.pk).delete()
        events.announce_left(user, room, "banned", ban=ban)
        room_events.record(room, room_events.removed(user))
    else:
        events.announce_outsider_banned(user, room, ban)
    return ban


@transaction.atomic
def lift_ban(*, actor: User | None, room: Room, user: User) -> None:
    """End a user's ban. Raises NotFound if there is none."""
    room = lock_room(room)
    if actor is not None:
        require_moderator(actor, room)
    if not _end_bans(room, user):
        raise NotFound(_("%(name)s isn’t banned from this room.") % {"name": user.name}, field="user")
    audit.record(Kind.UNBANNED, actor=actor, target=user, room=room.pk, room_name=room.name)


@transaction.atomic
def limit_posting(
    *,
    actor: User | None,
    room: Room,
    slow_seconds: int | None = None,
    is_read_only: bool | None = None,
    allows_agents: bool | None = None,
    shows_link_previews: bool | None = None,
) -> Room:
    """Set slow mode, whether members and their AI agents can post, and whether posts get link previews.

    Settings that are None stay unchanged.
    """
    room = lock_room(room)
    if room.is_conversation:
        raise Forbidden(_("Conversations don’t have posting limits."))
    if actor is not None:
        require_moderator(actor, room)
    before = {field: getattr(room, field) for field in LIMITS}
    if slow_seconds is not None:
        room.slow_seconds = _clean_seconds(slow_seconds)
    if is_read_only is not None:
        room.is_read_only = is_read_only
    if allows_agents is not None:
        room.allows_agents = allows_agents
    if shows_link_previews is not None:
        room.shows_link_previews = shows_link_previews
    if changed := [field for field in LIMITS if getattr(room, field) != before[field]]:
        room.save(update_fields=LIMITS)
        audit.record(Kind.ROOM_CHANGED, actor=actor, target=room, fields=changed)
        events.announce_updated(room)
    return room


# -- helpers, in the order in which they are called ---------------------------------------------------


def _require_above(actor: User, room: Room, membership: Membership | None) -> None:
    if not Room.objects.visible_to(actor).filter(pk=room.pk).exists():
        raise NotFound(NO_ROOM)
    require_above(actor, room, membership)


def _check_bannable(user: User, membership: Membership | None) -> None:
    if user.is_superuser:
        raise Forbidden(_("Site admins can’t be banned."))
    if membership is not None and membership.role == Membership.Role.OWNER:
        raise Forbidden(_("Owners can’t be banned. Change their role first."))


def _clean_end(until: datetime | None) -> datetime | None:
    if until is not None and until <= timezone.now():
        raise Invalid(_("Must be in the future."), field="until")
    return until


def _end_bans(room: Room, user: User) -> int:
    return Ban.objects.in_force().filter(room=room, user=user).update(until=timezone.now())


def _clean_seconds(seconds: int) -> int:
    if not 0 <= seconds <= MAX_SLOW_SECONDS:
        text = _("Between 0 (off) and %(most)s seconds (a day).")
        raise Invalid(text % {"most": MAX_SLOW_SECONDS}, field="slow_seconds")
    return seconds
