"""Actions on rooms and their members. Each checks permissions, writes in one transaction and publishes events.

If `actor` is None, the action comes from the command line or the admin site, which may do everything.
"""

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.audit import Kind
from accounts.models import User
from rooms import events, room_events
from rooms.errors import Blocked, Forbidden, Invalid, NameTaken, NotAMember, NotFound
from rooms.limits import check_addition_limit, check_conversation_limit, check_room_limit
from rooms.models import Membership, Room, conversation_key
from rooms.owners import hand_over, owners_of
from rooms.permissions import (
    NO_ROOM,
    can_open_direct_room,
    is_banned,
    lock_room,
    require_above,
    require_consent,
    require_inviter,
    require_owner,
    require_person,
)
from rooms.removals import record_removal
from rooms.signals import room_deleting
from rooms.validation import TOPIC_LENGTH, clean_line, clean_name
from rooms.visibility import set_kind

SETTINGS = ("name", "topic", "kind", "is_default")


@transaction.atomic
def create_room(*, owner: User | None, name: str, kind: str = Room.Kind.PUBLIC, topic: str = "") -> Room:
    """Create a room with its owner as the first member. Raises Forbidden, Invalid, NameTaken or LimitReached."""
    if kind not in (Room.Kind.PUBLIC, Room.Kind.PRIVATE):
        raise Invalid(_("Choose public or private."), field="kind")
    if owner is not None:
        check_room_limit(owner)
    room = Room(
        name=clean_name(name), topic=clean_line(topic, field="topic", most=TOPIC_LENGTH), kind=kind, created_by=owner
    )
    save_named(room)
    if owner is not None:
        _add(room, owner, role=Membership.Role.OWNER)
    audit.record(Kind.ROOM_CREATED, actor=owner, target=room, kind=kind)
    return room


@transaction.atomic
def update_room(
    *,
    actor: User | None,
    room: Room,
    name: str | None = None,
    topic: str | None = None,
    kind: str | None = None,
    is_default: bool | None = None,
) -> Room:
    """Change a room's settings, except those that are None. Raises Forbidden, Invalid or NameTaken.

    A default room that becomes private is no longer a default room.
    """
    room = lock_room(room)
    if actor is not None:
        require_owner(actor, room)
    before = {field: getattr(room, field) for field in SETTINGS}
    if name is not None and name != room.name:  # an unchanged name may predate a rule
        room.name = clean_name(name)
    if topic is not None:
        room.topic = clean_line(topic, field="topic", most=TOPIC_LENGTH)
    if kind is not None and kind != room.kind:
        set_kind(actor, room, kind)
        is_default = is_default and kind == Room.Kind.PUBLIC
    if is_default is not None:
        if is_default and room.kind != Room.Kind.PUBLIC:
            raise Invalid(_("Only a public room can add new members automatically."), field="is_default")
        room.is_default = is_default
    save_named(room, update_fields=[*SETTINGS, "name_key", "name_skeleton", "slug"])
    if changed := [field for field in SETTINGS if getattr(room, field) != before[field]]:
        details = {"kind": room.kind} if "kind" in changed else {}
        audit.record(Kind.ROOM_CHANGED, actor=actor, target=room, fields=changed, **details)
    events.announce_updated(room)
    if before["kind"] == Room.Kind.PUBLIC != room.kind:
        events.announce_hidden(room)
    room_events.record(room, *room_events.settings_changed(actor, room, before))
    return room


@transaction.atomic
def archive_room(*, actor: User | None, room: Room) -> Room:
    """Make a room read-only. Archiving twice changes nothing."""
    return _set_archived(actor, room, archived=True)


@transaction.atomic
def unarchive_room(*, actor: User | None, room: Room) -> Room:
    return _set_archived(actor, room, archived=False)


@transaction.atomic
def delete_room(*, actor: User | None, room: Room) -> None:
    """Permanently delete a room and its messages."""
    room = lock_room(room)
    if actor is not None:
        require_owner(actor, room)
    audit.record(Kind.ROOM_DELETED, actor=actor, target=room, messages=room.last_seq)
    events.announce_deleted(room)
    room_deleting.send(Room, room=room)
    room.delete()


@transaction.atomic
def join_room(*, user: User, room: Room) -> Membership:
    """Join a public room. Joining twice changes nothing. Raises NotFound for a private room, which must stay secret."""
    room = lock_room(room)
    existing = Membership.objects.filter(room=room, user=user).first()
    if existing is not None:
        return existing
    require_person(user)
    if room.kind != Room.Kind.PUBLIC or is_banned(user, room):
        raise NotFound(NO_ROOM)
    if room.is_archived:
        raise Forbidden(_("This room is archived and can’t be joined."))
    audit.record(Kind.JOINED, actor=user, target=room)
    membership = _add(room, user)
    room_events.record(room, room_events.joined(user))
    return membership


@transaction.atomic
def leave_room(*, user: User, room: Room) -> None:
    """Leave a room. If it has no owner left, the longest-serving moderator, or else member, becomes the owner."""
    room = lock_room(room)
    if room.is_conversation:
        raise Forbidden(_("You can’t leave a conversation. Close it instead."))
    if not Membership.objects.filter(room=room, user=user).delete()[0]:
        raise NotAMember
    audit.record(Kind.LEFT, actor=user, target=room)
    heir = hand_over(room)
    events.announce_left(user, room, "left", heir=heir and heir.user)
    room_events.record(room, room_events.left(user))


@transaction.atomic
def add_member(*, actor: User | None, room: Room, user: User, by_invitation: bool = False) -> Membership:
    """Add a user to a room. In public rooms, every member may do so; in private ones, only owners and moderators.

    `by_invitation`: the user has accepted the actor's invitation. Otherwise, the actor must be allowed to send them
    direct messages. Raises Forbidden, Invalid or LimitReached.
    """
    room, adder = lock_room(room), None if by_invitation else actor
    membership, is_new = admit(actor=actor, room=room, user=user, by_invitation=by_invitation)
    if is_new:
        room_events.record(room, *room_events.added(adder, [user]))
    return membership


def admit(*, actor: User | None, room: Room, user: User, by_invitation: bool = False) -> tuple[Membership, bool]:
    """Add a user to a locked room without recording a room event. Return whether they are a new member."""
    if room.is_conversation:
        raise Forbidden(_("No one can be added to a conversation. Start another one, or create a private room."))
    if actor is not None:
        require_inviter(actor, room)
    if not user.is_active:
        raise Invalid(_("%(name)s has no active account.") % {"name": user.name}, field="user")
    if is_banned(user, room):
        text = _("%(name)s is banned from this room. A moderator needs to unban them first.")
        raise Forbidden(text % {"name": user.name})
    existing = Membership.objects.filter(room=room, user=user).first()
    if existing is not None:
        return existing, False
    if actor is not None and not by_invitation:
        require_consent(actor, user)
        check_addition_limit(actor)
    audit.record(Kind.ADDED, actor=actor, target=user, **_audited(room))
    return _add(room, user, added_by=None if by_invitation else actor), True


@transaction.atomic
def remove_member(*, actor: User | None, room: Room, user: User) -> None:
    """Remove a member, which `actor` can undo for a moment. Owners may remove anyone, moderators only plain members."""
    room = lock_room(room)
    if room.is_conversation:
        raise Forbidden(_("People can’t be removed from a conversation."))
    membership = _membership(room, user)
    if actor is not None:
        require_above(actor, room, membership)
    Membership.objects.filter(pk=membership.pk).delete()
    audit.record(Kind.REMOVED, actor=actor, target=user, **_audited(room))
    heir = hand_over(room)
    record_removal(actor, membership, room=room, user=user, heir=heir)
    events.announce_left(user, room, "removed", heir=heir and heir.user)
    room_events.record(room, room_events.removed(user))


@transaction.atomic
def change_role(*, actor: User | None, room: Room, user: User, role: str) -> Membership:
    """Make a member an owner, a moderator or neither. Only owners may do so, and a room keeps at least one owner."""
    room = lock_room(room)
    if room.is_conversation:
        raise Forbidden(_("Conversations don’t have an owner."))
    if actor is not None:
        require_owner(actor, room)
    if role not in Membership.Role.values:
        raise Invalid(_("Choose owner, moderator or member."), field="role")
    membership = _membership(room, user)
    if membership.role == Membership.Role.OWNER and role != Membership.Role.OWNER and owners_of(room).count() == 1:
        raise Forbidden(_("A room needs at least one owner. Make someone else an owner first."))
    membership.role = role
    membership.save(update_fields=["role"])
    audit.record(Kind.ROLE_CHANGED, actor=actor, target=user, role=role, **_audited(room))
    events.announce_joined(user, room=room)
    return membership


@transaction.atomic
def open_direct_room(*, user: User, other: User) -> Room:
    """Return the direct room of two users, and create it on first use. Raises Invalid, NotFound or Blocked."""
    if user.pk == other.pk:
        raise Invalid(_("You can’t message yourself. Choose someone else."), field="user")
    if not other.is_active:
        raise NotFound(_("Person not found."))
    key = conversation_key(user, other)
    room, is_new = Room.objects.visible_to(user).filter(conversation_key=key).first(), False
    if room is None:
        if not can_open_direct_room(user, other):
            raise Blocked
        check_conversation_limit(user)
        defaults = {"kind": Room.Kind.DIRECT, "created_by": user}
        room, is_new = Room.objects.get_or_create(conversation_key=key, defaults=defaults)
    if is_new:
        audit.record_anonymously(Kind.DIRECT_OPENED)
    Membership.objects.filter(user=user, room=room).update(closed_seq=None)
    if joined := [person for person in (user, other) if _get_or_create_membership(room, person)[1]]:
        events.announce_joined(*joined, room=room)
    return room


@transaction.atomic
def join_default_rooms(*, user: User) -> None:
    """Add a new user to every default room. Superusers become owners of those without one."""
    # Locked, so that no room is deleted before the user has joined it.
    for room in Room.objects.active().filter(is_default=True).order_by("pk").select_for_update():
        becomes_owner = user.is_superuser and not owners_of(room).exists()
        _add(room, user, role=Membership.Role.OWNER if becomes_owner else Membership.Role.MEMBER)


# -- helpers, in the order in which they are called ---------------------------------------------------


def _audited(room: Room) -> dict[str, object]:
    """Return the details of a room for an audit event about one of its members."""
    return {"room": room.pk, "room_name": room.name}


def save_named(room: Room, **kwargs: object) -> None:
    try:
        with transaction.atomic():
            room.save(**kwargs)
    except IntegrityError as error:
        raise NameTaken from error


def _add(room: Room, user: User, *, role: str = Membership.Role.MEMBER, added_by: User | None = None) -> Membership:
    membership, is_created = _get_or_create_membership(room, user, role=role, is_new=added_by is not None)
    if is_created:
        events.announce_joined(user, room=room, added_by=added_by)
    return membership


def _get_or_create_membership(
    room: Room, user: User, *, role: str = Membership.Role.MEMBER, is_new: bool = False
) -> tuple[Membership, bool]:
    defaults = {"role": role, "last_read_seq": room.last_seq, "is_new": is_new}
    return Membership.objects.get_or_create(room=room, user=user, defaults=defaults)


def _set_archived(actor: User | None, room: Room, *, archived: bool) -> Room:
    room = lock_room(room)
    if actor is not None:
        require_owner(actor, room)
    if room.is_archived != archived:
        room.archived_at = timezone.now() if archived else None
        room.save(update_fields=["archived_at"])
        audit.record(Kind.ROOM_ARCHIVED if archived else Kind.ROOM_UNARCHIVED, actor=actor, target=room)
        events.announce_updated(room)
        room_events.record(room, room_events.archived(actor, is_archived=archived))
    return room


def _membership(room: Room, user: User) -> Membership:
    membership = Membership.objects.filter(room=room, user=user).first()
    if membership is None:
        raise NotFound(_("%(name)s isn’t in this room.") % {"name": user.name}, field="user")
    return membership
