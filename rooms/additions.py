"""Adds several people to a room at once."""

from collections.abc import Collection
from dataclasses import dataclass, field

from django.db import transaction
from django.utils.translation import ngettext

from accounts.models import User
from rooms import room_events
from rooms.actions import admit
from rooms.errors import Refusal
from rooms.models import Membership, Room
from rooms.permissions import lock_room, require_inviter


@dataclass
class Additions:
    """The people who were added, those who were in the room already, and those who couldn't be added and why."""

    added: list[User] = field(default_factory=list)
    present: list[User] = field(default_factory=list)
    refused: list[tuple[User, Refusal]] = field(default_factory=list)

    def describe_added(self, room: Room) -> str:
        """Return a sentence about those who were added, or "" if no one was."""
        text = ngettext("%(names)s was added to %(room)s.", "%(names)s were added to %(room)s.", len(self.added))
        return text % {"names": _names(self.added), "room": room.name} if self.added else ""

    def describe_others(self) -> list[str]:
        """Return a sentence for each reason why someone was not added."""
        text = ngettext("%(names)s is already in this room.", "%(names)s are already in this room.", len(self.present))
        present = [text % {"names": _names(self.present)}] if self.present else []
        return [*present, *dict.fromkeys(str(refusal.message) for _person, refusal in self.refused)]


@transaction.atomic
def add_members(*, actor: User, room: Room, people: Collection[User]) -> Additions:
    """Add people to a room, except those who can't be added. Raises Forbidden if the actor may not add anyone.

    They are locked in the order of their ids, like everywhere else.
    """
    room = lock_room(room)
    if not room.is_conversation:
        require_inviter(actor, room)
    additions = Additions()
    present = set(Membership.objects.filter(room=room, user__in=people).values_list("user", flat=True))
    for person in sorted(people, key=lambda person: person.pk):
        if person.pk in present:
            additions.present.append(person)
            continue
        try:
            admit(actor=actor, room=room, user=person)
            additions.added.append(person)
        except Refusal as refusal:
            additions.refused.append((person, refusal))
    room_events.record(room, *room_events.added(actor, additions.added))
    return additions


def _names(people: list[User]) -> str:
    return ", ".join(person.name for person in people)
