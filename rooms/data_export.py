"""The rooms a person is in, for their data."""

from collections.abc import Iterator

from accounts.data_export import File, json_list, part
from accounts.models import User
from rooms.models import Membership


@part
def memberships(user: User) -> Iterator[File]:
    rows = Membership.objects.filter(user=user).order_by("pk")
    kept = ("room_id", "room__name", "room__kind", "role", "is_muted", "joined_at", "last_read_seq", "cleared_seq")
    yield "rooms.json", json_list(rows.values(*kept))
