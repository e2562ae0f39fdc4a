"""Serializes rooms, users and times to JSON for the live protocol and the pages."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from django.urls import reverse

from accounts.models import Person, User
from accounts.models.relations import Blocklist
from accounts.timestamps import rfc3339
from rooms.models import Membership, Room, room_url
from rooms.room_state import MemberKey
from rooms.rows import MembershipRow, RoomRow, read_memberships, read_rooms
from rooms.signals import suppressed_unread_requested, unread_mentions_requested
from rooms.titles import conversation_title

AnyPerson = TypeVar("AnyPerson", User, Person)
JSON = dict[str, Any]


class JoinedRoom(NamedTuple):
    """One of a user's rooms. `data`: the room and the membership, serialized for the user."""

    room: RoomRow
    membership: MembershipRow
    data: JSON


def serialize_time(at: datetime | None) -> str | None:
    return rfc3339(at) if at is not None else None


def serialize_person(user: User | Person) -> JSON:
    name = user.avatar_name
    avatar = f"{reverse('accounts:avatar', args=[user.pk])}?v={name[-12:-5]}" if name else None
    person = {"id": user.pk, "username": user.username, "name": user.name, "avatar": avatar}
    return person | {"is_bot": True} if user.is_bot else person


def serialize_room_event(
    *,
    id: int,
    kind: str,
    at: datetime,
    after_seq: int,
    text: str,
    message_seq: int | None,
    message: JSON | None,
    actor: User | Person | None,
    subject: User | Person | None,
) -> JSON:
    return {
        "id": id,
        "kind": kind,
        "at": serialize_time(at),
        "after_seq": after_seq,
        "actor": serialize_person(actor) if actor else None,
        "subject": serialize_person(subject) if subject else None,
        "text": text,
        "message_seq": message_seq,
        "message": message,
    }


def serialize_profile(user: User) -> JSON:
    """Serialize a user with their status text."""
    text = user.current_status_text
    until = serialize_time(user.status_until) if text else None
    return serialize_person(user) | {"status_text": text, "status_until": until}


def serialize_own_profile(user: User) -> JSON:
    """Serialize a user's profile for themselves, with the settings that other users do not see."""
    own = {name: getattr(user, name) for name in ("status", "hides_last_seen", "shows_room_events")}
    return serialize_profile(user) | own


def serialize_room(room: Room | RoomRow) -> JSON:
    """Serialize the part of a room that is the same for all its members."""
    data: JSON = {
        "id": room.pk,
        "kind": room.kind,
        "version": room.version,
        "revision": room.revision,
        "last_event": room.last_event,
        "last_seq": room.last_seq,
        "archived_at": serialize_time(room.archived_at),
        "is_default": room.is_default,
        "is_read_only": room.is_read_only,
        "slow_seconds": room.slow_seconds,
        "last_at": serialize_time(room.last_at),
        "url": room_url(room.pk),
    }
    if not room.is_conversation:
        data |= {"slug": room.slug, "name": room.name, "topic": room.topic, "peer": None}
    return data


def serialize_room_labels(user: User, room_ids: Iterable[int]) -> dict[int, JSON]:
    """Serialize what is needed to name rooms and link to them, by id. The user must be allowed to see them."""
    rooms = read_rooms(room_ids)
    people = _people_in(room_id for room_id, room in rooms.items() if room.is_conversation)
    return {room_id: _label(room, people.get(room_id, ()), user) for room_id, room in rooms.items()}


def _label(room: RoomRow, people: Iterable[User], viewer: User) -> JSON:
    peer = _other(people, viewer.pk) if room.is_direct else None
    label = {
        "id": room.pk,
        "kind": room.kind,
        "name": peer.name if peer else room.name,
        "archived_at": serialize_time(room.archived_at),
        "url": room_url(room.pk),
        "peer": serialize_person(peer) if peer else None,
    }
    if room.kind == Room.Kind.GROUP:
        others = others_in(people, viewer.pk, viewer.blocked_ids)
        label |= {"name": title_of(others), "people": list(map(serialize_person, others))}
    return label


def serialize_room_for(user: User, room: Room) -> JSON:
    """Serialize a room as this user sees it, whether or not they are a member."""
    return serialize_room_with(user, room, Membership.objects.filter(user=user, room=room).first())


def serialize_room_with(user: User, room: Room, membership: Membership | None) -> JSON:
    """Serialize a room as this user sees it, given their membership."""
    if membership is None:
        counts = {"unread": 0, "unread_mentions": 0, "mention_seqs": []}
        return serialize_room(room) | {"last_read_seq": room.last_seq, "cleared_seq": 0, **counts, "role": None}
    mentions = find_unread_mentions([user.pk]).get((user.pk, room.pk), ())
    suppressed = _suppressed_unread([user.pk]).get((user.pk, room.pk), 0) if any(user.blocklist) else 0
    data = serialize_room(room)
    if room.is_conversation:
        data |= _conversation_fields(room, people_in(room), user.pk, user.blocked_ids)
    return _for_member(membership, data, suppressed, mentions)


def serialize_rooms_for(user: User) -> list[JSON]:
    """Serialize all rooms of a user (see `joined_rooms`)."""
    return [each.data for each in joined_rooms(user)]


def joined_rooms(user: User) -> list[JoinedRoom]:
    """Return a user's rooms in at most six queries: conversations take one more than others, blocks and mutes too."""
    return _joined_rooms({user.pk: user.blocklist})[user.pk]


def serialize_rooms_for_each(blocklists: Mapping[int, Blocklist]) -> dict[int, list[JSON]]:
    """Serialize the rooms of many users, given as {user id: blocklist}. Each room is loaded and serialized once."""
    return {user_id: [each.data for each in rooms] for user_id, rooms in _joined_rooms(blocklists).items()}


def _joined_rooms(blocklists: Mapping[int, Blocklist]) -> dict[int, list[JoinedRoom]]:
    joined: dict[int, list[JoinedRoom]] = {user_id: [] for user_id in blocklists}
    memberships = read_memberships(joined)
    rooms = read_rooms(membership.room_id for membership in memberships)
    serialized = {room_id: serialize_room(room) for room_id, room in rooms.items()}
    people = _people_in(room_id for room_id, room in rooms.items() if room.is_conversation)
    suppressed = _suppressed_unread([user_id for user_id, blocklist in blocklists.items() if any(blocklist)])
    mentions = find_unread_mentions(joined)
    for membership in memberships:
        user_id, room_id = membership.user_id, membership.room_id
        if room_id in serialized:  # otherwise it was deleted between the two queries
            data = serialized[room_id]
            if room_id in people:
                blocked = blocklists[user_id].blocked
                data = data | _conversation_fields(rooms[room_id], people[room_id], user_id, blocked)
            count = suppressed.get((user_id, room_id), 0)
            seqs = mentions.get((user_id, room_id), ())
            data = _for_member(membership, data, count, seqs)
            joined[user_id].append(JoinedRoom(rooms[room_id], membership, data))
    return joined


def peer_of(user: User, room: Room) -> User | None:
    """Return the other user in a direct room, or None for other rooms."""
    return _other(people_in(room), user.pk) if room.is_direct else None


def people_in(room: Room) -> list[User]:
    """Return everyone in a conversation, including those who are blocked."""
    return _people_in([room.pk]).get(room.pk, [])


def others_in(people: Iterable[AnyPerson], viewer_id: int, blocked: Collection[int]) -> list[AnyPerson]:
    """Return those in a group conversation whom the viewer sees, ordered by name."""
    others = (person for person in people if person.pk != viewer_id and person.pk not in blocked)
    return sorted(others, key=lambda person: (person.name.casefold(), person.pk))


def title_of(others: Iterable[User | Person]) -> str:
    """Return the title of a group conversation with these people, in the active language."""
    return conversation_title([person.name for person in others])


def find_unread_mentions(user_ids: Collection[int]) -> dict[MemberKey, list[int]]:
    """Return the numbers of the unread messages that mention each user, by user and room."""
    responses: Any = unread_mentions_requested.send(Membership, user_ids=user_ids)
    return {key: seqs for _, found in responses for key, seqs in found.items()}


def _for_member(membership: Membership | MembershipRow, room: JSON, suppressed: int, mentions: Sequence[int]) -> JSON:
    """Add a member's own fields to a serialized room.

    `suppressed`: the number of unread messages not to count. `mentions`: the numbers of those that mention the member.
    """
    return room | {
        "last_read_seq": membership.last_read_seq,
        "marked_unread_at": serialize_time(membership.marked_unread_at),
        "cleared_seq": membership.cleared_seq,
        "unread": max(0, room["last_seq"] - membership.last_read_seq - suppressed),
        "unread_mentions": len(mentions),
        "mention_seqs": list(mentions),
        "muted": membership.is_muted,
        "notification_level": membership.notification_level,
        "is_favorite": membership.is_favorite,
        "closed_seq": membership.closed_seq,
        "section": membership.section_id,
        "is_new": bool(membership.is_new),
        "role": membership.role,
    }


def _conversation_fields(room: Room | RoomRow, people: Iterable[User], user_id: int, blocked: Collection[int]) -> JSON:
    """Serialize the part of a conversation that depends on who sees it."""
    if room.kind == Room.Kind.GROUP:
        others = others_in(people, user_id, blocked)
        fields: JSON = {"slug": "", "name": title_of(others), "topic": "", "peer": None}
        return fields | {"people": list(map(serialize_person, others))}
    peer = _other(people, user_id)
    if peer is None:
        return {}
    return {"slug": peer.username_key, "name": peer.name, "topic": "", "peer": serialize_profile(peer)}


def _other(people: Iterable[User], user_id: int) -> User | None:
    return next((user for user in people if user.pk != user_id), None)


def _people_in(room_ids: Iterable[int]) -> dict[int, list[User]]:
    """Return the people in conversations. Each person is built once, which takes longer than to read them."""
    people: dict[int, list[User]] = {}
    known: dict[int, User] = {}
    if room_ids := list(room_ids):
        columns = [field.attname for field in User._meta.concrete_fields]
        members = Membership.objects.filter(room_id__in=room_ids)
        for room_id, pk, *values in members.values_list("room_id", "user_id", *(f"user__{name}" for name in columns)):
            if pk not in known:
                known[pk] = User.from_db(members.db, columns, values)
            people.setdefault(room_id, []).append(known[pk])
    return people


def _suppressed_unread(user_ids: Collection[int]) -> dict[MemberKey, int]:
    responses: Any = suppressed_unread_requested.send(Membership, user_ids=user_ids)
    return {key: count for _, counts in responses for key, count in counts.items()}
