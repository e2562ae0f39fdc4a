"""Receivers of signals from accounts."""

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from django.db.models import Q
from django.dispatch import receiver

from accounts.lifecycle import retention
from accounts.models import Invitation, User
from accounts.signals import (
    account_deleting,
    invitation_accepted,
    profile_changed,
    room_names_requested,
    user_registered,
)
from rooms import actions, events
from rooms.errors import NotFound, Refusal
from rooms.models import Removal, Room, RoomEvent, RoomSection

retention.register("room events", RoomEvent.objects.outdated)
retention.register("removals", Removal.objects.outdated)


@receiver(user_registered)
def join_first_rooms(sender: object, user: User, invitation: Invitation | None = None, **kwargs: Any) -> None:
    """Join the default rooms and the invitation's room, in the transaction that creates the account."""
    invited = invitation.room_id if invitation is not None else None
    # Locked in order of their ids, like everywhere else: the invited room is joined last, but may have the lowest id.
    list(Room.objects.active().filter(Q(is_default=True) | Q(pk=invited)).order_by("pk").select_for_update())
    actions.join_default_rooms(user=user)
    if invitation is not None:
        join_invited_room(sender, user=user, invitation=invitation)


@receiver(invitation_accepted)
def join_invited_room(sender: object, user: User, invitation: Invitation, **kwargs: Any) -> bool:
    """Join the invitation's room if its creator may still add users to it. Return whether the user joined."""
    room = Room.objects.filter(pk=invitation.room_id).first() if invitation.room_id else None
    if room is None or room.is_archived or room.memberships.filter(user=user).exists():
        return False
    try:
        actions.add_member(actor=invitation.created_by, room=room, user=user, by_invitation=True)
    except Refusal:
        return False
    return True


@receiver(profile_changed)
def publish_profile(sender: object, user: User, **kwargs: Any) -> None:
    events.announce_profile(user)


@receiver(room_names_requested)
def name_rooms(sender: object, user: User | None, room_ids: Iterable[int], **kwargs: Any) -> dict[int, str]:
    """Return the names of rooms that the user may see. For admins (`user` is None), conversations are never named."""
    visible = Room.objects.named() if user is None else Room.objects.visible_to(user)
    return dict(visible.filter(pk__in=room_ids).order_by("name_key").values_list("pk", "name"))


@receiver(account_deleting)
def leave_rooms(sender: object, user: User, **kwargs: Any) -> None:
    """Leave all rooms except conversations, and delete the user's own sections.

    All are locked first, in order of their ids, because leaving one locks people, who are always locked after rooms.
    """
    for room in Room.objects.joined_by(user).named().order_by("pk").select_for_update():
        with suppress(NotFound):  # the user was removed, or the room was deleted, after the query
            actions.leave_room(user=user, room=room)
    RoomSection.objects.filter(user=user).delete()
