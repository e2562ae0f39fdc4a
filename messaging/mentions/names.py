"""Finds whom the names in messages mean: people, rooms, or with @room and @here everyone in the room."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts import usernames
from accounts.models import Person, User, public_columns
from accounts.models.connection import DEAD_AFTER, Connection, ServerProcess
from accounts.sql import batched, fetch, placeholders, table, time_value
from messaging.mentions.room_links import SlugKey, find_linked_rooms
from messaging.rendering import Rendered
from messaging.rendering.mentions import candidates_in, replace_candidates
from rooms.errors import Forbidden
from rooms.models import Membership, Room, room_url
from rooms.room_state import MemberKey, find_posters

EVERYONE = ("room", "here")  # usernames that nobody can have
MAX_EVERYONE = 100  # members of rooms in which everyone may mention everyone
MAX_ONLINE = 1_000  # ids stored with a message that mentions those who are online


class Text(NamedTuple):
    """The rendered text of a message with its author and its room, which is None for a preview."""

    sender_id: int
    room_id: int | None
    rendered: Rendered


class Resolved(NamedTuple):
    """A message's HTML with mentions, and its `mentions`."""

    html: str
    mentions: str


@dataclass(frozen=True, slots=True)
class Mentionable:
    """Those whose names occur in messages.

    people: their accounts by username key.
    members: the ids of those people and of the rooms that they are in, among those of the messages.
    sizes: the number of members of each room in which everyone is mentioned. Not of direct rooms, where nobody else is.
    online: the ids of members who are online, by room, or () if there are more than MAX_ONLINE.
    rooms: the ids of the rooms to which the messages link, by author and slug.
    """

    people: Mapping[str, Person] = field(default_factory=dict)
    members: Collection[MemberKey] = ()
    sizes: Mapping[int, int] = field(default_factory=dict)
    online: Mapping[int, Collection[int]] = field(default_factory=dict)
    rooms: Mapping[SlugKey, int] = field(default_factory=dict)

    def resolve(self, text: Text) -> Resolved:
        """Return the HTML and `mentions` of a message."""
        sender_id, room_id, rendered = text
        found: dict[str, None] = {}

        def resolve(name: str) -> str | None:
            if name.startswith("#"):
                linked = self.rooms.get((sender_id, _slug(name)))
                return None if linked is None else room_url(linked)
            key = usernames.key(name[1:])
            if key in EVERYONE:
                value = key if room_id is None or room_id in self.sizes else None
            else:
                person = self.people.get(key)
                value = None if person is None else str(person.pk)
            if value is not None:
                found[value] = None
            return value

        html = replace_candidates(rendered.html, resolve)
        if "room" in found:
            found.pop("here", None)
        return Resolved(html, " ".join(found))

    def check(self, mentions: str, room_id: int, *, can_moderate: bool) -> None:
        """Raise Forbidden if only moderators may mention everyone in this room."""
        if can_moderate or self.sizes.get(room_id, 0) <= MAX_EVERYONE:
            return
        for name in set(EVERYONE).intersection(mentions.split()):
            text = _(
                "Only owners and moderators can mention @{name} in a room with more than {limit} people. "
                "Mention people by their names instead, or write \\@{name} to mention nobody."
            )
            raise Forbidden(format_lazy(text, name=name, limit=MAX_EVERYONE), field="body")

    def outsiders(self, mentions: str, room_id: int) -> list[Person]:
        """Return the people whom a message mentions and who aren't in its room."""
        mentioned = {int(value) for value in mentions.split() if value not in EVERYONE}
        return [
            person
            for person in self.people.values()
            if person.pk in mentioned and (person.pk, room_id) not in self.members
        ]

    def online_in(self, room_id: int) -> str:
        """Return the value of `Mention.online`."""
        ids = self.online.get(room_id, ())
        return f" {' '.join(map(str, ids))} " if ids else ""


def find_mentionable(texts: Iterable[Text]) -> Mentionable:
    """Look up the names in messages.

    People take one query for each 500 of them, and one more for their memberships. Suspended people aren't found. If
    everyone is mentioned, there is one more query for the sizes of the rooms, and one for those who are online. Links
    to rooms take one for each 500.
    """
    found = [(text, name) for text in texts for name in candidates_in(text.rendered.html)]
    if not found:
        return Mentionable()
    names = {(text.room_id, usernames.key(name[1:])) for text, name in found if name.startswith("@")}
    slugs = {(text.sender_id, _slug(name)) for text, name in found if name.startswith("#")}
    people = {key for _room, key in names}.difference(EVERYONE)
    rooms = {room_id for room_id, key in names if key in EVERYONE and room_id is not None}
    here = {room_id for room_id, key in names if key == "here" and room_id is not None}
    found_people = _find_people(people)
    keys = {(found_people[key].pk, room_id) for room_id, key in names if room_id is not None and key in found_people}
    return Mentionable(
        found_people, _find_members(keys), _count_members(rooms), _find_online(here), find_linked_rooms(slugs)
    )


def _slug(name: str) -> str:
    return name[1:].lower()


def _find_people(keys: Collection[str]) -> dict[str, Person]:
    people: dict[str, Person] = {}
    for some in batched(sorted(keys)):
        sql = (
            f"SELECT person.username_key, {public_columns('person')} FROM {table(User)} person "  # noqa: S608
            f"WHERE person.username_key IN ({placeholders(len(some))}) AND person.is_active"
        )
        people |= {key: Person(*columns) for key, *columns in fetch(sql, some)}
    return people


def _find_members(keys: Collection[MemberKey]) -> set[MemberKey]:
    return {key for some in batched(sorted(keys)) for key in find_posters(some)}


def _count_members(room_ids: Collection[int]) -> dict[int, int]:
    sizes: dict[int, int] = {}
    for some in batched(sorted(room_ids)):
        sql = (
            f"SELECT room.id, COUNT(*) FROM {table(Room)} room JOIN {table(Membership)} member "  # noqa: S608
            f"ON member.room_id = room.id WHERE room.id IN ({placeholders(len(some))}) AND room.kind <> %s GROUP BY 1"
        )
        sizes |= fetch(sql, [*some, Room.Kind.DIRECT.value])
    return sizes


def _find_online(room_ids: Collection[int]) -> dict[int, list[int]]:
    """Return the ids of members who are online, by room, or none of them if there are more than MAX_ONLINE."""
    online: dict[int, list[int]] = {}
    for some in batched(sorted(room_ids)):
        sql = (
            "SELECT room_id, user_id FROM (SELECT member.room_id, member.user_id, "  # noqa: S608
            "ROW_NUMBER() OVER (PARTITION BY member.room_id ORDER BY member.user_id) AS place "
            f"FROM (SELECT DISTINCT connection.user_id FROM {table(Connection)} connection "
            f"JOIN {table(ServerProcess)} process ON process.id = connection.process_id "
            "WHERE process.heartbeat_at > %s) online "
            f"JOIN {table(Membership)} member ON member.user_id = online.user_id "
            f"AND member.room_id IN ({placeholders(len(some))})) members WHERE place <= %s"
        )
        for room_id, user_id in fetch(sql, [time_value(timezone.now() - DEAD_AFTER), *some, MAX_ONLINE + 1]):
            online.setdefault(room_id, []).append(user_id)
    return {room_id: ids if len(ids) <= MAX_ONLINE else [] for room_id, ids in online.items()}
