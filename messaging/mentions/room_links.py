"""Finds the rooms to which `#room` in a message links."""

from collections.abc import Collection

from django.utils import timezone

from accounts.sql import batched, fetch, table, time_value, value_rows
from rooms.models import Ban, Membership, Room

SlugKey = tuple[int, str]  # a user's id and a room's slug


def find_linked_rooms(keys: Collection[SlugKey]) -> dict[SlugKey, int]:
    """Return the ids of rooms with these slugs that the users see, with one query for each 500 of them.

    Several rooms may have the same slug. Those that the user is in come first.
    """
    rooms: dict[SlugKey, int] = {}
    for some in batched(sorted(keys)):
        sql = (
            f"WITH wanted (user_id, slug) AS (VALUES {value_rows(2, len(some))}) "  # noqa: S608
            f"SELECT wanted.user_id, wanted.slug, room.id FROM wanted "
            f"JOIN {table(Room)} room ON room.slug = wanted.slug "
            f"LEFT JOIN {table(Membership)} member ON member.user_id = wanted.user_id AND member.room_id = room.id "
            "WHERE room.kind <> %s AND (member.id IS NOT NULL OR room.kind = %s AND NOT EXISTS ("
            f"SELECT 1 FROM {table(Ban)} ban WHERE ban.user_id = wanted.user_id AND ban.room_id = room.id "
            "AND (ban.until IS NULL OR ban.until > %s))) ORDER BY member.id IS NULL, room.id"
        )
        kinds = (Room.Kind.DIRECT.value, Room.Kind.PUBLIC.value, time_value(timezone.now()))
        for user_id, slug, room_id in fetch(sql, [value for key in some for value in key] + [*kinds]):
            rooms.setdefault((user_id, slug), room_id)
    return rooms
