"""Finds the people and rooms that a query names, among those that the viewer may see."""

from collections.abc import Collection

from django.db.models import Q

from accounts import usernames
from accounts.models import NamePart, User
from accounts.unicode.folding import fold
from rooms.models import Room, direct_key

MAX_NAMED = 20


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
    rooms = Room.objects.visible_to(viewer).exclude(kind=Room.Kind.DIRECT)
    key = usernames.key(name)
    for named in (Q(name_key=key) | Q(slug=name.lower()), Q(name_key__startswith=key)):
        if found := list(rooms.filter(named).order_by("name_key")[:MAX_NAMED]):
            return found
    return []


def find_direct_rooms(viewer: User, people: Collection[User]) -> list[Room]:
    """Return the viewer's direct rooms with these people."""
    keys = [direct_key(viewer, person) for person in people]
    return list(Room.objects.visible_to(viewer).filter(direct_key__in=keys))
