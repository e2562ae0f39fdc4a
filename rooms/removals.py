"""Undoing a removal or a ban: the membership comes back as it was.

A removal takes effect at once, so it doesn't depend on the moderator's page. What it changed is stored, and only the
moderator who did it can undo it, as long as nothing else has happened to the person in that room.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import audit
from accounts.audit import Kind
from accounts.models import User
from rooms import events, room_events
from rooms.errors import NotFound
from rooms.models import Ban, Membership, Removal, Room, RoomSection
from rooms.owners import Heir
from rooms.permissions import NO_ROOM, lock_room, require_above

TOO_LATE = _("It’s too late to undo this.")


def record_removal(
    actor: User | None,
    membership: Membership | None,
    *,
    room: Room,
    user: User,
    ban: Ban | None = None,
    replaced_bans: Iterable[Ban] = (),
    heir: Heir | None = None,
) -> None:
    """Store what has changed in a locked room. Removals by the admin site, or of oneself, can't be undone."""
    Removal.objects.outdated().filter(room=room).delete()
    if actor is None or actor == user:
        return
    Removal.objects.create(
        room=room,
        user=user,
        by=actor,
        ban=ban,
        membership=membership and _columns(membership),
        replaced_bans=[[each.pk, _as_text(each.until)] for each in replaced_bans],
        heir=heir and heir.user,
        heir_role=heir.previous_role if heir else "",
    )


def undo_url_of(actor: User, room: Room, user: User, *, deletion_id: int | None = None) -> str:
    """Return the URL that undoes what this actor has just done to the user, or "" if that isn't possible.

    deletion_id: the deletion of the user's messages that is to be undone, too.
    """
    removal = Removal.objects.filter(room=room, user=user, by=actor).order_by("pk").last()
    if removal is None or removal.is_outdated:
        return ""
    url = reverse("messaging:removal", args=[room.pk, removal.pk])
    return url if deletion_id is None else f"{url}?{urlencode({'deletion': deletion_id})}"


@transaction.atomic
def undo_removal(*, actor: User, room: Room, removal_id: int) -> User:
    """Restore what the removal changed, and return its user. Raises NotFound if it is too late, or Forbidden."""
    room = lock_room(room)
    if not Room.objects.visible_to(actor).filter(pk=room.pk).exists():
        raise NotFound(NO_ROOM)
    removal = _undoable(actor, room, removal_id)
    user, before = removal.user, _membership_before(removal)
    require_above(actor, room, before)
    if removal.ban is not None:
        _lift(removal.ban, removal.replaced_bans)
    details = {"room": room.pk, "room_name": room.name, "undone": True}
    audit.record(Kind.UNBANNED if removal.ban else Kind.REMOVAL_UNDONE, actor=actor, target=user, **details)
    if before is not None:
        before.save(force_insert=True)
        events.withdraw_ban_notice(user, room)
        events.announce_joined(user, *_demote_heir(removal), room=room)
        room_events.withdraw_removal(room, user)
    removal.delete()
    return user


# -- helpers, in the order in which they are called ---------------------------------------------------


def _columns(membership: Membership) -> dict[str, Any]:
    return {field.attname: _as_text(field.value_from_object(membership)) for field in Membership._meta.concrete_fields}


def _as_text(value: Any) -> Any:
    """Return a time with its microseconds, which Django's JSON encoder would drop, or any other value unchanged."""
    return value.isoformat() if isinstance(value, datetime) else value


def _undoable(actor: User, room: Room, removal_id: int) -> Removal:
    removal = Removal.objects.select_related("user", "ban", "heir").filter(pk=removal_id, room=room, by=actor).first()
    if removal is None or removal.is_outdated or removal.user.deleted_at or _has_changed_since(removal):
        raise NotFound(TOO_LATE)
    return removal


def _has_changed_since(removal: Removal) -> bool:
    """Return whether the user is in the room again, or their bans have been changed."""
    in_force = set(
        Ban.objects.in_force().filter(room=removal.room_id, user=removal.user_id).values_list("pk", flat=True)
    )
    expected = {removal.ban_id} if removal.ban_id else set()
    return in_force != expected or Membership.objects.filter(room=removal.room_id, user=removal.user_id).exists()


def _membership_before(removal: Removal) -> Membership | None:
    if removal.membership is None:
        return None
    columns = removal.membership
    if not RoomSection.objects.filter(pk=columns["section_id"], user=removal.user_id).exists():
        columns["section_id"] = None
    fields = Membership._meta.concrete_fields
    return Membership(**{field.attname: field.to_python(columns[field.attname]) for field in fields})


def _lift(ban: Ban, replaced_bans: Iterable[tuple[int, str | None]]) -> None:
    """End the ban, and give those that it replaced their own end again."""
    Ban.objects.filter(pk=ban.pk).update(until=timezone.now())
    for ban_id, until in replaced_bans:
        Ban.objects.filter(pk=ban_id).update(until=until and datetime.fromisoformat(until))


def _demote_heir(removal: Removal) -> list[User]:
    heirs = Membership.objects.filter(room=removal.room_id, user=removal.heir_id, role=Membership.Role.OWNER)
    return [removal.heir] if removal.heir and heirs.update(role=removal.heir_role) else []
