"""Finds whom the names in messages mean: people, groups, rooms, or with @room and @here everyone in the room."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts import usernames
from accounts.models import Person, User, UserGroup, public_columns
from accounts.models.connection import DEAD_AFTER, Connection, ServerProcess
from accounts.sql import batched, fetch, placeholders, table, time_value
from messaging.mentions.groups import (
    MAX_GROUPS,
    MAX_REACHED,
    GroupKey,
    GroupMention,
    find_reached,
    groups_in,
    is_group,
    reached_by,
)
from messaging.mentions.room_links import SlugKey, find_linked_rooms
from messaging.rendering import Rendered
from messaging.rendering.mentions import candidates_in, replace_candidates
from rooms.errors import Forbidden, Invalid
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
    online: the ids of members who are online, by room, or None if there are more than MAX_ONLINE.
    rooms: the ids of the rooms to which the messages link, by author and slug.
    groups: the ids of groups by name key.
    reached: the ids of the groups' members who are in the rooms of the messages, by group and room.
    """

    people: Mapping[str, Person] = field(default_factory=dict)
    members: Collection[MemberKey] = ()
    sizes: Mapping[int, int] = field(default_factory=dict)
    online: Mapping[int, Collection[int] | None] = field(default_factory=dict)
    rooms: Mapping[SlugKey, int] = field(default_factory=dict)
    groups: Mapping[str, int] = field(default_factory=dict)
    reached: Mapping[GroupKey, Sequence[int]] = field(default_factory=dict)

    def resolve(self, text: Text, *, with_everyone: bool = True) -> Resolved:
        """Return the HTML and `mentions` of a message. `with_everyone`: whether `@room` and `@here` are mentions."""
        sender_id, room_id, rendered = text
        found: dict[str, None] = {}

        def resolve(name: str) -> str | None:
            if name.startswith("#"):
                linked = self.rooms.get((sender_id, _slug(name)))
                return None if linked is None else room_url(linked)
            key = usernames.key(name[1:])
            if key in EVERYONE:
                is_mention = with_everyone and (room_id is None or room_id in self.sizes)
                value = key if is_mention else None
            elif (group := self.groups.get(key)) is not None:
                value = f"g{group}"
            else:
                person = self.people.get(key)
                value = None if person is None else str(person.pk)
            if value is not None:
                found[value] = None
            return value

        html = replace_candidates(rendered.html, resolve)
        if "room" in found:
            found.pop("here", None)
        mentions = (self._with_reached(value, text) if is_group(value) else value for value in found)
        return Resolved(html, " ".join(mentions))

    def _with_reached(self, value: str, text: Text) -> str:
        """Return the value of a group with the people whom it reaches in the room, without the author."""
        group_id = int(value[1:])
        reached = self.reached.get((group_id, text.room_id or 0), ())
        return str(GroupMention(group_id, tuple(user_id for user_id in reached if user_id != text.sender_id)))

    def check(self, mentions: str, room_id: int, *, can_moderate: bool) -> None:
        """Raise Forbidden if only moderators may mention as many people in this room, or Invalid if no one may."""
        if groups := groups_in(mentions):
            _check_groups(groups, can_moderate=can_moderate)
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
        mentioned = set(people_in(mentions))
        return [
            person
            for person in self.people.values()
            if person.pk in mentioned and (person.pk, room_id) not in self.members
        ]

    def online_in(self, room_id: int) -> str:
        """Return the value of `Mention.online`."""
        ids = self.online[room_id]
        return "" if ids is None else "".join(f" {pk}" for pk in ids) + " "


def find_mentionable(texts: Iterable[Text]) -> Mentionable:
    """Look up the names in messages.

    People and groups take one query for each 500 of them, and one more for the memberships of each. Suspended people
    aren't found. If everyone is mentioned, there is one more query for the sizes of the rooms, and one for those who
    are online. Links to rooms take one for each 500.
    """
    found = [(text, name) for text in texts for name in candidates_in(text.rendered.html)]
    if not found:
        return Mentionable()
    names = {(text.room_id, usernames.key(name[1:])) for text, name in found if name.startswith("@")}
    slugs = {(text.sender_id, _slug(name)) for text, name in found if name.startswith("#")}
    rooms = {room_id for room_id, key in names if key in EVERYONE and room_id is not None}
    here = {room_id for room_id, key in names if key == "here" and room_id is not None}
    people, groups = _find_people({key for _room, key in names}.difference(EVERYONE))
    placed = [(room_id, key) for room_id, key in names if room_id is not None]
    members = _find_members({(people[key].pk, room_id) for room_id, key in placed if key in people})
    reached = find_reached(_group_keys(found, groups))
    sizes, online = _count_members(rooms), _find_online(here)
    return Mentionable(people, members, sizes, online, find_linked_rooms(slugs), groups, reached)


def people_in(mentions: str) -> list[int]:
    """Return the ids of the people whom a message's `mentions` name."""
    return [int(value) for value in mentions.split() if value not in EVERYONE and not is_group(value)]


def _check_groups(groups: Sequence[GroupMention], *, can_moderate: bool) -> None:
    if len(groups) > MAX_GROUPS:
        text = _("A message can mention at most {limit} groups. Mention fewer of them.")
        raise Invalid(format_lazy(text, limit=MAX_GROUPS), field="body")
    reached = len(reached_by(groups))
    if reached > MAX_REACHED:
        text = _("The groups in this message have more than {limit} people in this room. Mention fewer groups.")
        raise Invalid(format_lazy(text, limit=MAX_REACHED), field="body")
    if reached > MAX_EVERYONE and not can_moderate:
        text = _(
            "Only owners and moderators can mention groups with more than {limit} people in this room. "
            "Mention people by their names instead, or write \\@ before the group’s name to mention nobody."
        )
        raise Forbidden(format_lazy(text, limit=MAX_EVERYONE), field="body")


def _slug(name: str) -> str:
    return name[1:].lower()


def _group_keys(found: Iterable[tuple[Text, str]], groups: Mapping[str, int]) -> set[GroupKey]:
    """Return the groups in the messages with their rooms, without those of messages that have too many."""
    mentioned: dict[Text, set[GroupKey]] = {}
    for text, name in found if groups else ():
        group = groups.get(usernames.key(name[1:])) if name.startswith("@") else None
        if text.room_id is not None and group is not None:
            mentioned.setdefault(text, set()).add((group, text.room_id))
    return {key for keys in mentioned.values() if len(keys) <= MAX_GROUPS for key in keys}


def _find_people(keys: Collection[str]) -> tuple[dict[str, Person], dict[str, int]]:
    """Return the people and the ids of the groups with these names. None has the name of another."""
    people: dict[str, Person] = {}
    groups: dict[str, int] = {}
    for some in batched(sorted(keys)):
        wanted = placeholders(len(some))
        sql = (
            f"SELECT 0, person.username_key, {public_columns('person')} FROM {table(User)} person "  # noqa: S608
            f"WHERE person.username_key IN ({wanted}) AND person.is_active "
            f"UNION ALL SELECT 1, name_key, id, '', '', '', FALSE FROM {table(UserGroup)} WHERE name_key IN ({wanted})"
        )
        for kind, key, *columns in fetch(sql, [*some, *some]):
            if kind:
                groups[key] = columns[0]
            else:
                people[key] = Person(*columns)
    return people, groups


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


def _find_online(room_ids: Collection[int]) -> dict[int, list[int] | None]:
    """Return the ids of members who are online, by room, or None if there are more than MAX_ONLINE."""
    online: dict[int, list[int]] = {room_id: [] for room_id in room_ids}
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
            online[room_id].append(user_id)
    return {room_id: ids if len(ids) <= MAX_ONLINE else None for room_id, ids in online.items()}
