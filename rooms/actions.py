"""The verbs of rooms. `actor` None is the command line, which may do everything.

Each checks, writes in one transaction, and tells the pages after the commit.
"""

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts import audit
from accounts.audit import Kind
from accounts.models import User
from rooms import events
from rooms.errors import Blocked, Forbidden, Invalid, NameTaken, NotFound
from rooms.models import Membership, Room, direct_key
from rooms.permissions import (
    NO_ROOM,
    can_open_direct_room,
    is_banned,
    lock_room,
    require_above,
    require_inviter,
    require_owner,
)
from rooms.signals import room_deleting

NAME_LENGTH = 80
TOPIC_LENGTH = 250
SETTINGS = ("name", "topic", "is_default")
JOINERS = dict.fromkeys((0x200C, 0x200D))  # text needs them: Persian words, faces of several people


@transaction.atomic
def create_room(*, owner: User | None, name: str, kind: str = Room.Kind.PUBLIC, topic: str = "") -> Room:
    """Make a public or private room; its owner becomes its first member. Raises Invalid, NameTaken."""
    if kind not in (Room.Kind.PUBLIC, Room.Kind.PRIVATE):
        raise Invalid("Choose public or private.", field="kind")
    room = Room(name=_clean_name(name), topic=_clean_topic(topic), kind=kind, created_by=owner)
    _save_named(room)
    if owner is not None:
        _add(room, owner, role=Membership.Role.OWNER)
    audit.record(Kind.ROOM_CREATED, actor=owner, target=room, kind=kind)
    return room


@transaction.atomic
def update_room(
    *, actor: User | None, room: Room, name: str | None = None, topic: str | None = None, is_default: bool | None = None
) -> Room:
    """Rename, describe, or make a public room one that newcomers are put into."""
    room = lock_room(room)
    if actor is not None:
        require_owner(actor, room)
    before = {field: getattr(room, field) for field in SETTINGS}
    if name is not None:
        room.name = _clean_name(name)
    if topic is not None:
        room.topic = _clean_topic(topic)
    if is_default is not None:
        if is_default and room.kind != Room.Kind.PUBLIC:
            raise Invalid("Only a public room can add new members automatically.", field="is_default")
        room.is_default = is_default
    _save_named(room, update_fields=[*SETTINGS, "name_key", "slug"])
    if changed := [field for field in SETTINGS if getattr(room, field) != before[field]]:
        audit.record(Kind.ROOM_CHANGED, actor=actor, target=room, fields=changed)
    events.announce_updated(room)
    return room


@transaction.atomic
def archive_room(*, actor: User | None, room: Room) -> Room:
    """Nothing more can be written; everything stays readable. Archiving twice changes nothing."""
    return _set_archived(actor, room, archived=True)


@transaction.atomic
def open_room(*, actor: User | None, room: Room) -> Room:
    """Undo the archiving."""
    return _set_archived(actor, room, archived=False)


@transaction.atomic
def delete_room(*, actor: User | None, room: Room) -> None:
    """Delete a room with all its messages, for good."""
    room = lock_room(room)
    if actor is not None:
        require_owner(actor, room)
    audit.record(Kind.ROOM_DELETED, actor=actor, target=room, messages=room.last_seq)
    events.announce_deleted(room)
    room_deleting.send(Room, room=room)
    room.delete()


@transaction.atomic
def join_room(*, user: User, room: Room) -> Membership:
    """Join a public room; joining twice changes nothing. A private one is joined by invitation only."""
    room = lock_room(room)
    existing = Membership.objects.filter(room=room, user=user).first()
    if existing is not None:
        return existing
    if room.kind != Room.Kind.PUBLIC or is_banned(user, room):
        raise NotFound(NO_ROOM)
    if room.is_archived:
        raise Forbidden("This room is archived and can’t be joined.")
    audit.record(Kind.JOINED, actor=user, target=room)
    return _add(room, user)


@transaction.atomic
def leave_room(*, user: User, room: Room) -> None:
    """Leave; the last owner hands over to the longest-standing moderator, or else member."""
    room = lock_room(room)
    if room.is_direct:
        raise Forbidden("You can’t leave a direct message.")
    if not Membership.objects.filter(room=room, user=user).delete()[0]:
        raise NotFound("You’re not in this room.")
    audit.record(Kind.LEFT, actor=user, target=room)
    events.announce_left(user, room, "left", heir=_hand_over(room))


@transaction.atomic
def add_member(*, actor: User | None, room: Room, user: User) -> Membership:
    """Bring somebody in. In a public room every member may; in a private one its owners and moderators."""
    room = lock_room(room)
    if room.is_direct:
        raise Forbidden("Direct messages are between two people. Create a room to add more.")
    if actor is not None:
        require_inviter(actor, room)
    if not user.is_active:
        raise Invalid(f"{user.name} has no active account.", field="user")
    if is_banned(user, room):
        raise Forbidden(f"{user.name} is banned from this room. A moderator needs to unban them first.")
    existing = Membership.objects.filter(room=room, user=user).first()
    if existing is not None:
        return existing
    audit.record(Kind.ADDED, actor=actor, target=user, **_named(room))
    return _add(room, user)


@transaction.atomic
def remove_member(*, actor: User | None, room: Room, user: User) -> None:
    """Take somebody out. Owners may remove everybody, moderators members."""
    room = lock_room(room)
    if room.is_direct:
        raise Forbidden("People can’t be removed from a direct message.")
    membership = _membership(room, user)
    if actor is not None:
        require_above(actor, room, membership)
    membership.delete()
    audit.record(Kind.REMOVED, actor=actor, target=user, **_named(room))
    events.announce_left(user, room, "removed", heir=_hand_over(room))


@transaction.atomic
def change_role(*, actor: User | None, room: Room, user: User, role: str) -> Membership:
    """Owners name owners, moderators and members; a room keeps one owner at least."""
    room = lock_room(room)
    if room.is_direct:
        raise Forbidden("Direct messages don’t have an owner.")
    if actor is not None:
        require_owner(actor, room)
    if role not in Membership.Role.values:
        raise Invalid("Choose owner, moderator or member.", field="role")
    membership = _membership(room, user)
    if membership.role == Membership.Role.OWNER and role != Membership.Role.OWNER and _owners(room).count() == 1:
        raise Forbidden("A room needs at least one owner. Make someone else an owner first.")
    membership.role = role
    membership.save(update_fields=["role"])
    audit.record(Kind.ROLE_CHANGED, actor=actor, target=user, role=role, **_named(room))
    events.announce_joined(user, room=room)
    return membership


@transaction.atomic
def open_direct_room(*, user: User, other: User) -> Room:
    """The one room between two people, made on first use, whoever starts."""
    if user.pk == other.pk:
        raise Invalid("You can’t message yourself. Choose someone else.", field="user")
    if not other.is_active:
        raise NotFound("Person not found.")
    key = direct_key(user, other)
    room, is_new = Room.objects.visible_to(user).filter(direct_key=key).first(), False
    if room is None:
        if not can_open_direct_room(user, other):
            raise Blocked
        made = {"kind": Room.Kind.DIRECT, "created_by": user}
        room, is_new = Room.objects.get_or_create(direct_key=key, defaults=made)
    if is_new:
        audit.record_anonymously(Kind.DIRECT_OPENED)
    if joined := [person for person in (user, other) if _put_in(room, person)[1]]:
        events.announce_joined(*joined, room=room)
    return room


@transaction.atomic
def join_default_rooms(*, user: User) -> None:
    """Put a newcomer into every default room. The first administrator becomes the ownerless ones' owner."""
    # Held, so that none is deleted meanwhile: one that is gone by then does not come up at all.
    for room in Room.objects.active().filter(is_default=True).order_by("pk").select_for_update():
        is_founder = user.is_superuser and not _owners(room).exists()
        _add(room, user, role=Membership.Role.OWNER if is_founder else Membership.Role.MEMBER)


# -- helpers, in the order in which they are called ---------------------------------------------------


def _clean_name(name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise Invalid("Enter a name for the room.", field="name")
    if len(name) > NAME_LENGTH:
        raise Invalid(f"At most {NAME_LENGTH} characters.", field="name")
    if not name.isprintable():
        raise Invalid("Can’t contain invisible characters.", field="name")
    return name


def _clean_topic(topic: str) -> str:
    topic = " ".join(topic.split())
    if len(topic) > TOPIC_LENGTH:
        raise Invalid(f"At most {TOPIC_LENGTH} characters.", field="topic")
    if not topic.translate(JOINERS).isprintable():
        raise Invalid("Can’t contain invisible characters.", field="topic")
    return topic


def _named(room: Room) -> dict[str, object]:
    """In the audit log, beside a person to whom something was done there."""
    return {"room": room.pk, "room_name": room.name}


def _save_named(room: Room, **kwargs: object) -> None:
    try:
        with transaction.atomic():
            room.save(**kwargs)
    except IntegrityError as error:
        raise NameTaken from error


def _add(room: Room, user: User, *, role: str = Membership.Role.MEMBER) -> Membership:
    membership, is_new = _put_in(room, user, role=role)
    if is_new:
        events.announce_joined(user, room=room)
    return membership


def _put_in(room: Room, user: User, *, role: str = Membership.Role.MEMBER) -> tuple[Membership, bool]:
    """Without telling anybody yet."""
    return Membership.objects.get_or_create(
        room=room, user=user, defaults={"role": role, "last_read_seq": room.last_seq}
    )


def _set_archived(actor: User | None, room: Room, *, archived: bool) -> Room:
    room = lock_room(room)
    if actor is not None:
        require_owner(actor, room)
    if room.is_archived != archived:
        room.archived_at = timezone.now() if archived else None
        room.save(update_fields=["archived_at"])
        audit.record(Kind.ROOM_ARCHIVED if archived else Kind.ROOM_UNARCHIVED, actor=actor, target=room)
        events.announce_updated(room)
    return room


def _owners(room: Room) -> QuerySet[Membership]:
    return room.memberships.filter(role=Membership.Role.OWNER)


def _hand_over(room: Room) -> User | None:
    """Who becomes the owner of a room that has none any more."""
    if _owners(room).exists():
        return None
    moderators = room.memberships.filter(role=Membership.Role.MODERATOR)
    heir = (moderators.order_by("joined_at").first()) or room.memberships.order_by("joined_at").first()
    if heir is None or room.created_by_id is None:
        return None
    heir.role = Membership.Role.OWNER
    heir.save(update_fields=["role"])
    return heir.user


def _membership(room: Room, user: User) -> Membership:
    membership = Membership.objects.filter(room=room, user=user).first()
    if membership is None:
        raise NotFound(f"{user.name} is not in this room.", field="user")
    return membership
