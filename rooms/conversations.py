"""Actions on conversations: opening the one with certain people, and making a group a private room.

There is one conversation for each set of people. No one can be added to it or removed from it.
"""

from collections.abc import Collection, Sequence

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import audit
from accounts.audit import Kind
from accounts.models import User
from rooms import events, room_events
from rooms.actions import open_direct_room, save_named
from rooms.errors import Blocked, Forbidden, Invalid, NotFound
from rooms.limits import check_conversation_limit, check_room_limit
from rooms.models import Membership, Room, conversation_key
from rooms.permissions import closed_between, find_membership, lock_room
from rooms.validation import clean_name

MAX_GROUP = 10  # people, including the one who starts it


@transaction.atomic
def open_conversation(*, user: User, others: Collection[User]) -> Room:
    """Return the conversation between a user and these people, which may include themselves. Create it on first use.

    One other person makes it a direct room, more make it a group. Raises Invalid, NotFound, Blocked or LimitReached.
    """
    people = list({person.pk: person for person in others if person.pk != user.pk}.values())
    if len(people) <= 1:
        return open_direct_room(user=user, other=people[0] if people else user)
    return _open_group(user, people)


def too_many_people() -> str:
    text = ngettext(
        "A group conversation has at most %(most)d person, including you. Create a private room for more.",
        "A group conversation has at most %(most)d people, including you. Create a private room for more.",
        MAX_GROUP,
    )
    return text % {"most": MAX_GROUP}


@transaction.atomic
def make_private_room(*, actor: User, room: Room, name: str) -> Room:
    """Turn a group conversation into a private room with its history, of which the actor becomes the owner.

    The same people can start another, empty group conversation. Raises Forbidden, Invalid or LimitReached.
    """
    room = lock_room(room)
    find_membership(actor, room.pk)
    if not room.is_group:
        raise Forbidden(_("Only a group conversation can be made a private room."))
    check_room_limit(actor)
    room.kind, room.conversation_key = Room.Kind.PRIVATE.value, None
    room.name, room.created_by = clean_name(name), actor
    fields = ["kind", "name", "name_key", "name_skeleton", "slug", "conversation_key", "created_by"]
    save_named(room, update_fields=fields)
    members = room.memberships.all()
    members.filter(user__deleted_at__isnull=False).delete()  # deleted accounts stay in conversations only
    members.update(closed_seq=None)
    members.filter(user=actor).update(role=Membership.Role.OWNER)
    audit.record(Kind.ROOM_CREATED, actor=actor, target=room, kind=room.kind, previous_kind=Room.Kind.GROUP.value)
    events.announce_updated(room)
    events.announce_joined(*User.objects.filter(memberships__room=room).order_by("pk"), room=room)
    room_events.record(room, room_events.converted(actor, room.name))
    return room


# -- helpers, in the order in which they are called ---------------------------------------------------


def _open_group(user: User, others: Sequence[User]) -> Room:
    people = [user, *others]
    if len(people) > MAX_GROUP:
        raise Invalid(too_many_people(), field="user")
    if not all(person.is_active for person in others):
        raise NotFound(_("Person not found."))
    key = conversation_key(*people)
    room = Room.objects.filter(conversation_key=key).first() or _create_group(user, others, key)
    Membership.objects.filter(user=user, room=room).update(closed_seq=None)
    return room


def _create_group(user: User, others: Sequence[User], key: str) -> Room:
    """Create the group, unless someone else does so at the same time."""
    _require_open(user, others)
    check_conversation_limit(user)
    defaults = {"kind": Room.Kind.GROUP, "created_by": user}
    room, is_new = Room.objects.get_or_create(conversation_key=key, defaults=defaults)
    if is_new:
        people = [user, *others]
        Membership.objects.bulk_create([Membership(room=room, user=person) for person in people])
        audit.record_anonymously(Kind.DIRECT_OPENED)
        events.announce_joined(*people, room=room)
    return room


def _require_open(user: User, others: Sequence[User]) -> None:
    """Raise Blocked if a direct room with any of these people would be refused. It tells no more than that."""
    closed = closed_between(user, others)
    if closed:
        names = ", ".join(person.name for person in closed)
        text = ngettext(
            "You can’t message this person: %(names)s.", "You can’t message these people: %(names)s.", len(closed)
        )
        raise Blocked(text % {"names": names})
