"""Rooms and people as the live protocol shows them, and the events about rooms."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import F, QuerySet
from django.urls import reverse
from django.utils import timezone

from accounts.models import Blocklist, User
from accounts.presence.availability import availability, presence_lists
from accounts.profile.notices import leave_notice
from accounts.timestamps import rfc3339
from live.envelope import SetBlocklist, Subscribe, Unsubscribe
from live.publish import publish
from live.topics import room_topic, user_topic
from rooms import news
from rooms.models import Ban, Membership, Room

Event = dict[str, Any]

PLACE = ("user_id", "room_id", "role", "last_read_seq", "cleared_seq", "is_muted")


def time_text(at: datetime | None) -> str | None:
    return None if at is None else rfc3339(at)


def person(user: User) -> Event:
    avatar = f"{reverse('accounts:avatar', args=[user.pk])}?v={user.avatar.name[-12:-5]}" if user.avatar else None
    return {"id": user.pk, "username": user.username, "name": user.name, "avatar": avatar}


def profile(user: User) -> Event:
    """A person with what they say of themselves: for where they are shown, rather than what they wrote."""
    text = user.current_status_text
    return person(user) | {"status_text": text, "status_until": time_text(user.status_until) if text else None}


def own(user: User) -> Event:
    """A profile as its own person sees it."""
    return profile(user) | {"status": user.status, "hides_last_seen": user.hides_last_seen}


def facts(room: Room) -> Event:
    """What is the same for everybody in the room."""
    shown: Event = {
        "id": room.pk,
        "kind": room.kind,
        "version": room.version,
        "revision": room.revision,
        "last_seq": room.last_seq,
        "archived_at": time_text(room.archived_at),
        "is_default": room.is_default,
        "is_read_only": room.is_read_only,
        "slow_seconds": room.slow_seconds,
        "last_at": time_text(room.last_at),
        "url": room.get_absolute_url(),
    }
    if not room.is_direct:
        shown |= {"slug": room.slug, "name": room.name, "topic": room.topic, "peer": None}
    return shown


def facts_for(place: "Membership | Any", facts: Event, peer: User | None = None, *, quiet: int = 0) -> Event:
    """A room as one of its members sees it. `place`: a membership or a row of PLACE; `peer`: a direct room's other;
    `quiet`: how many of the unread messages are no news."""
    shown = facts | {
        "last_read_seq": place.last_read_seq,
        "cleared_seq": place.cleared_seq,
        "unread": max(0, facts["last_seq"] - place.last_read_seq - quiet),
        "muted": place.is_muted,
        "role": place.role,
    }
    if peer is not None:
        shown |= {"slug": peer.username_key, "name": peer.name, "topic": "", "peer": profile(peer)}
    return shown


def rooms_of(user: User) -> list[Event]:
    """All rooms of a person, in four queries however many they are, five for who blocks or mutes."""
    return rooms_of_each({user.pk: user.blocklist})[user.pk]


def rooms_of_each(people: Mapping[int, Blocklist]) -> dict[int, list[Event]]:
    """The same for many people at once: each room is read, and described, once for all of them."""
    shown: dict[int, list[Event]] = {user_id: [] for user_id in people}
    seen = Membership.objects.seen().filter(user_id__in=shown)
    places = list(seen.order_by("room_id").values_list(*PLACE, named=True))
    rooms = Room.objects.in_bulk({place.room_id for place in places})
    described = {room.pk: facts(room) for room in rooms.values()}
    peers = _people_of(room.pk for room in rooms.values() if room.is_direct)
    quiet = news.count_suppressed_unread([user_id for user_id, quiet in people.items() if any(quiet)])
    for place in places:
        if place.room_id in described:  # else deleted between the two queries
            others = (user for user in peers.get(place.room_id, ()) if user.pk != place.user_id)
            uncounted = quiet.get((place.user_id, place.room_id), 0)
            event = facts_for(place, described[place.room_id], next(others, None), quiet=uncounted)
            shown[place.user_id].append(event)
    return shown


def room_of(user: User, room: Room) -> Event:
    """One room as this person sees it, a member or not."""
    return room_for(user, room, Membership.objects.filter(user=user, room=room).first())


def room_for(user: User, room: Room, membership: Membership | None) -> Event:
    """The same where their membership was read already."""
    if membership is None:
        return facts(room) | {"last_read_seq": room.last_seq, "cleared_seq": 0, "unread": 0, "role": None}
    quiet = news.count_suppressed_unread([user.pk]).get((user.pk, room.pk), 0) if any(user.blocklist) else 0
    return facts_for(membership, facts(room), peer_of(user, room), quiet=quiet)


def peer_of(user: User, room: Room) -> User | None:
    """The other person of a direct room."""
    if not room.is_direct:
        return None
    return next((person for person in _people_of([room.pk]).get(room.pk, ()) if person.pk != user.pk), None)


def _people_of(room_ids: Iterable[int]) -> dict[int, list[User]]:
    people: dict[int, list[User]] = {}
    if room_ids := list(room_ids):
        for membership in Membership.objects.filter(room_id__in=room_ids).select_related("user"):
            people.setdefault(membership.room_id, []).append(membership.user)
    return people


# -- what actions publish -------------------------------------------------------------------------


def announce_joined(*users: User, room: Room) -> None:
    """Their pages get the room, and hear it from now on. Raises the versions of their room lists."""
    _raise_room_lists(User.objects.filter(pk__in=[user.pk for user in users]))
    for user in users:
        _tell_joined(user, room)


def announce_left(user: User, room: Room, reason: str, *, heir: User | None = None, ban: Ban | None = None) -> None:
    """reason: 'left', 'removed' or 'banned'. `heir` is who rules the room instead, and hears of it like one who joined.

    Those who stay hear of it too: a person who is gone writes no more, and is in no list.
    """
    _raise_room_lists(User.objects.filter(pk__in=[person.pk for person in (user, heir) if person]))
    event = {"type": "room.left", "room": room.pk, "reason": reason}
    if ban is not None:
        event["ban"] = {"reason": ban.reason, "until": time_text(ban.until)}
        leave_notice(user.pk, f"You’ve been banned from {room.name}. See Rooms for details.")
    publish(user_topic(user.pk), event, Unsubscribe(user_topic(user.pk), room_topic(room.pk)))
    parted = {"type": "room.parted", "room": room.pk, "user": user.pk}
    publish(room_topic(room.pk), parted, about=(user.pk,))
    if heir is not None:
        _tell_joined(heir, room)


def announce_updated(room: Room) -> None:
    """Everybody in the room gets its new facts. Raises the room's revision."""
    Room.objects.filter(pk=room.pk).update(revision=F("revision") + 1)
    room.refresh_from_db(fields=["revision", "version", "last_seq", "last_at"])
    publish(room_topic(room.pk), {"type": "room.updated", "room": facts(room)})


def announce_deleted(room: Room) -> None:
    """To be called while its members can still be told."""
    _raise_room_lists(User.objects.filter(pk__in=room.memberships.values("user")))
    event = {"type": "room.left", "room": room.pk, "reason": "deleted"}
    publish(room_topic(room.pk), event, Unsubscribe(room_topic(room.pk), room_topic(room.pk)))


def announce_person(user: User) -> None:
    """What others see of this person changed. Their own pages hear of it now; every process finds it when it next
    looks who is here, and tells everybody else."""
    User.objects.filter(pk=user.pk).update(changed_at=timezone.now())
    publish(user_topic(user.pk), {"type": "person.changed", "person": own(user)})


def announce_read(user_id: int, room_id: int, seq: int) -> None:
    publish(user_topic(user_id), {"type": "room.read", "room": room_id, "seq": seq})


def announce_hidden(user: User, other: User) -> None:
    """`user` blocks `other`: their pages drop what they show of them, and hear nothing more."""
    user.__dict__.pop("quiet", None)
    _raise_room_lists(User.objects.filter(pk=user.pk))
    for room_id in _direct_between(user, other):
        event: Event = {"type": "room.left", "room": room_id, "reason": "blocked"}
        publish(user_topic(user.pk), event, Unsubscribe(user_topic(user.pk), room_topic(room_id)))
    topic = user_topic(user.pk)
    publish(topic, hidden_event(user, other.pk), SetBlocklist(topic, user.blocked_ids))


def announce_shown(user: User, other: User) -> None:
    """And no longer."""
    user.__dict__.pop("quiet", None)
    _raise_room_lists(User.objects.filter(pk=user.pk))
    topic = user_topic(user.pk)
    publish(topic, shown_event(user, other.pk), SetBlocklist(topic, user.blocked_ids))
    for room in Room.objects.filter(pk__in=_direct_between(user, other)):
        _tell_joined(user, room)


def hidden_event(user: User, other_id: int) -> Event:
    return {"type": "person.hidden", "user": other_id, "rooms": rooms_of(user)}


def shown_event(user: User, other_id: int) -> Event:
    other = User.objects.filter(pk=other_id).annotate(availability=availability(user)).get()
    here = presence_lists({other_id: other.availability})
    return {"type": "person.shown", "user": other_id, **here, "rooms": rooms_of(user)}


def announce_muted(user: User) -> None:
    user.__dict__.pop("quiet", None)
    event = {"type": "people.muted", "users": sorted(user.blocklist.muted), "rooms": rooms_of(user)}
    publish(user_topic(user.pk), event)


def announce_room_muted(user: User, room: Room, *, muted: bool) -> None:
    publish(user_topic(user.pk), {"type": "room.updated", "room": {"id": room.pk, "muted": muted}})


def _direct_between(user: User, other: User) -> list[int]:
    return list(Room.objects.filter(direct_key=direct_key(user, other)).values_list("pk", flat=True))


def direct_key(one: User, other: User) -> str:
    """What there is only one of between two people."""
    low, high = sorted((one.pk, other.pk))
    return f"{low}:{high}"


def _tell_joined(user: User, room: Room) -> None:
    event = {"type": "room.joined", "room": room_of(user, room)}
    topic = user_topic(user.pk)
    publish(topic, event, Subscribe(topic, room_topic(room.pk), baseline=room.version))


def _raise_room_lists(people: QuerySet[User]) -> None:
    """Once in an action, and in the order of their ids: two actions about the same people that each held one of
    them would wait for the other for ever."""
    list(people.order_by("pk").select_for_update(no_key=True).values_list("pk"))
    people.update(rooms_version=F("rooms_version") + 1)
