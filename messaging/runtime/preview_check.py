"""Ends previews of rooms that have been deleted or made private, or from which the user was banned."""

from collections.abc import Sequence

from accounts.sql import batched
from live.db_threads import in_thread
from live.envelope import Event, Unsubscribe
from live.hub import Hub
from live.topics import preview_topic, previewed_room_of, user_topic
from rooms.models import Ban, Membership, Room

Preview = tuple[int, int]  # the ids of the user and the room


async def check_previews(hub: Hub) -> None:
    rooms = {room_id: topic for topic in hub.topics() if (room_id := previewed_room_of(topic)) is not None}
    previews = {(socket.user_id, room_id) for room_id, topic in rooms.items() for socket in hub.sockets(topic)}
    for some in batched(previews):
        for user_id, room_id, reason in await in_thread(_ended, some):
            topic = user_topic(user_id)
            event = {"type": "room.left", "room": room_id, "reason": reason}
            hub.deliver(Event.of(topic, event), Unsubscribe(topic, preview_topic(room_id)))


def _ended(previews: Sequence[Preview]) -> list[tuple[int, int, str]]:
    """Return the previews that are no longer allowed, with the reason. Those of members aren't previews anymore."""
    people, rooms = ({preview[index] for preview in previews} for index in (0, 1))
    kinds = dict(Room.objects.filter(pk__in=rooms).values_list("pk", "kind"))
    both = {"user__in": people, "room__in": rooms}
    members = set(Membership.objects.filter(**both).values_list("user_id", "room_id"))
    bans = Ban.objects.in_force().filter(**both, user__is_superuser=False)
    banned = set(bans.values_list("user_id", "room_id"))
    ended = []
    for user_id, room_id in set(previews) - members:
        if (kind := kinds.get(room_id)) is None:
            ended.append((user_id, room_id, "deleted"))
        elif kind != Room.Kind.PUBLIC:
            ended.append((user_id, room_id, "private"))
        elif (user_id, room_id) in banned:
            ended.append((user_id, room_id, "removed"))
    return ended
