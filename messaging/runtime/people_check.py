"""Corrects the rooms and blocklists of connected users' sockets by comparing them with the database."""

from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import Any

from accounts.models import User, blocklists_for
from live.close_codes import SIGNED_OUT
from live.db_threads import in_thread
from live.envelope import Close, Envelope, Event, SetBlocklist, Subscribe, Unsubscribe
from live.hub import Hub
from live.periodic import for_each
from live.topics import preview_topic, room_of, room_topic, user_of, user_topic
from rooms import events
from rooms.models import Membership, Room
from rooms.serializers import serialize_room_for

PIECE = 300  # users whose rooms and blocklists are read together


class PeopleCheck:
    """Compares users whose `rooms_version` has changed since their last successful comparison.

    _compared: the version by user id, recorded after the comparison so that a failed one is repeated.
    _changed: users whose subscriptions changed during a comparison, which must then be repeated.
    """

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._compared: dict[int, int] = {}
        self._changed: set[int] = set()

    def recheck(self, topic: str) -> None:
        """Compare the topic's user again, because events from different processes may overtake one another."""
        if (user_id := user_of(topic)) is not None:
            self._compared.pop(user_id, None)
            self._changed.add(user_id)

    async def check(self) -> None:
        """Compare the users whose version has changed. Disconnect suspended and deleted users."""
        user_ids = {number for topic in self._hub.topics() if (number := user_of(topic)) is not None}
        versions = await in_thread(_versions, user_ids) if user_ids else {}
        for user_id in user_ids - versions.keys():
            self._hub.deliver(Close(user_topic(user_id), SIGNED_OUT))
        self._compared = {pk: version for pk, version in self._compared.items() if pk in user_ids}
        due = {pk: version for pk, version in versions.items() if self._compared.get(pk) != version}
        pks = list(due)
        pieces = [{pk: due[pk] for pk in pks[start : start + PIECE]} for start in range(0, len(pks), PIECE)]
        await for_each(pieces, self._compare)

    async def _compare(self, due: dict[int, int]) -> None:
        self._changed.clear()
        # Read before the database, so that a room joined in between is not left.
        subscribed = {user_id: self._subscribed_rooms(user_id) for user_id in due}
        rooms, blocked = await in_thread(_rooms_and_blocked, due.keys())

        async def compare(user_id: int) -> None:
            found = rooms.get(user_id, set())
            checks: list[Callable[[], Awaitable[None]]] = [
                partial(self._compare_rooms, user_id, subscribed[user_id], found)
            ]
            if user_id not in self._changed:
                checks.append(partial(self._compare_blocked, user_id, blocked[user_id]))
            await for_each(checks, lambda check: check())
            if user_id not in self._changed:
                self._compared[user_id] = due[user_id]

        await for_each(due, compare)

    async def _compare_blocked(self, user_id: int, blocked: frozenset[int]) -> None:
        """Set the blocklist of a user's sockets, and send the changes to their pages."""
        topic = user_topic(user_id)
        # Sockets may differ: a tab opened later may already know a change that an earlier tab missed.
        known = {socket.blocked_ids for socket in self._hub.sockets(topic)} or {blocked}
        if known != {blocked}:
            missed, stale = blocked - frozenset.intersection(*known), frozenset.union(*known) - blocked
            for event in await in_thread(_blocking_events, user_id, missed, stale):
                self._hub.deliver(Event.of(topic, event), SetBlocklist(topic, blocked))

    def _subscribed_rooms(self, user_id: int) -> set[int]:
        sockets = self._hub.sockets(user_topic(user_id))
        return {number for socket in sockets for name in socket.topics if (number := room_of(name)) is not None}

    async def _compare_rooms(self, user_id: int, subscribed: set[int], rooms: set[int]) -> None:
        """Subscribe a user's sockets to exactly the rooms that the user is in."""
        topic = user_topic(user_id)
        left = subscribed - rooms
        existing = await in_thread(_existing, left) if left else set()
        for room_id in left:
            event = {"type": "room.left", "room": room_id, "reason": "removed" if room_id in existing else "deleted"}
            self._hub.deliver(Event.of(topic, event), Unsubscribe(topic, room_topic(room_id)))
        for room_id in rooms - self._subscribed_rooms(user_id):
            self._hub.deliver(*await in_thread(_joined, user_id, room_id))


def _versions(user_ids: Iterable[int]) -> dict[int, int]:
    """Return the `rooms_version` of each user who isn't suspended or deleted."""
    return dict(User.objects.filter(pk__in=user_ids, is_active=True).values_list("pk", "rooms_version"))


def _rooms_and_blocked(user_ids: Iterable[int]) -> tuple[dict[int, set[int]], dict[int, frozenset[int]]]:
    """Return the ids of each user's rooms, and of the users they block."""
    rooms: dict[int, set[int]] = {}
    for user_id, room_id in Membership.objects.visible().filter(user_id__in=user_ids).values_list("user_id", "room_id"):
        rooms.setdefault(user_id, set()).add(room_id)
    return rooms, {user_id: blocklist.blocked for user_id, blocklist in blocklists_for(user_ids).items()}


def _blocking_events(user_id: int, blocked: frozenset[int], unblocked: frozenset[int]) -> list[dict[str, Any]]:
    user = User(pk=user_id)
    return [
        *(events.blocked_event(user, other) for other in sorted(blocked)),
        *(events.unblocked_event(user, other) for other in sorted(unblocked)),
    ]


def _existing(room_ids: set[int]) -> set[int]:
    return set(Room.objects.filter(pk__in=room_ids).values_list("pk", flat=True))


def _joined(user_id: int, room_id: int) -> tuple[Envelope, ...]:
    memberships = Membership.objects.visible().select_related("user", "room")
    membership = memberships.filter(user=user_id, room=room_id).first()
    if membership is None:
        return ()
    topic, room = user_topic(user_id), membership.room
    event = {"type": "room.joined", "room": serialize_room_for(membership.user, room)}
    subscribe = Subscribe(topic, room_topic(room_id), baseline=room.version)
    return Event.of(topic, event), subscribe, Unsubscribe(topic, preview_topic(room_id))
