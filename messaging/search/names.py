"""Finds the people and rooms that a query names, among those that the viewer may see."""

from collections.abc import Collection
from typing import NamedTuple

from django.db.models import Exists, OuterRef, Q

from accounts import usernames
from accounts.models import NamePart, User
from accounts.unicode.folding import fold
from rooms.conversations import MAX_GROUP
from rooms.models import Membership, Room, conversation_key

MAX_NAMED = 20
MAX_CONVERSATIONS = 50


def find_people(viewer: User, name: str) -> list[User]:
    """Return the viewer for 'me', else the person with this username or, without one, those with this name in theirs.

    Whole names come first. People whom the viewer blocks are left out.
    """
    if name.lower() == "me":
        return [viewer]
    people = User.objects.exclude(pk__in=viewer.blocked_ids)
    if found := people.filter(username_key=usernames.key(name)).first():
        return [found]
    folded = fold(name)
    parts = NamePart.objects.exclude(user__in=viewer.blocked_ids)
    for named in (parts.named(folded), parts.starting_with(folded)) if folded else ():
        if ids := set(named.values_list("user", flat=True)[:MAX_NAMED]):
            return list(people.filter(pk__in=ids).order_by("username_key"))
    return []


def find_rooms(viewer: User, name: str) -> list[Room]:
    """Return the rooms with this name or, without one, those whose names start so."""
    rooms = Room.objects.visible_to(viewer).named()
    key = usernames.key(name)
    for named in (Q(name_key=key) | Q(slug=name.lower()), Q(name_key__startswith=key)):
        if found := list(rooms.filter(named).order_by("name_key")[:MAX_NAMED]):
            return found
    return []


class Partners(NamedTuple):
    """The people named in a search for conversations with them, and the rooms of these conversations.

    are_together: whether all of them are in the one conversation that is searched, rather than any of them in each.
    """

    people: list[User]
    rooms: list[Room]
    are_together: bool = False


def find_partners(viewer: User, text: str) -> Partners:
    """Find the conversations with a person or, if names are separated by commas, the one of exactly these people."""
    people = find_people(viewer, text)
    if people or "," not in text:
        return Partners(people, _conversations_with(viewer, people))
    names = [name for name in (each.strip().removeprefix("@") for each in text.split(",")) if name]
    found = [find_people(viewer, name) for name in names[:MAX_GROUP]]
    people = [each[0] for each in found if len(each) == 1]
    if not people or len(people) < len(names):
        return Partners([], [])
    rooms = Room.objects.visible_to(viewer).filter(conversation_key=conversation_key(viewer, *people))
    return Partners(people, list(rooms), are_together=len(people) > 1)


def _conversations_with(viewer: User, people: Collection[User]) -> list[Room]:
    """Return the viewer's direct rooms with any of these people, and the latest groups in which they are."""
    rooms = Room.objects.visible_to(viewer)
    direct = list(rooms.filter(conversation_key__in=[conversation_key(viewer, person) for person in people]))
    others = [person.pk for person in people if person.pk != viewer.pk]
    members = Membership.objects.filter(room=OuterRef("pk"), user__in=others)
    groups = rooms.filter(kind=Room.Kind.GROUP).joined_by(viewer).filter(Exists(members))
    return direct + list(groups.by_activity()[: MAX_CONVERSATIONS - len(direct)])
