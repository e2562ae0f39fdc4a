"""Adds a user's memberships to their data export."""

from collections.abc import Iterator

from accounts.data_export import ExportedFile, exporter, json_array
from accounts.models import User
from rooms.models import Membership


@exporter
def memberships(user: User) -> Iterator[ExportedFile]:
    rows = Membership.objects.filter(user=user).order_by("pk")
    fields = (
        "room_id",
        "room__name",
        "room__kind",
        "role",
        "is_muted",
        "is_favorite",
        "joined_at",
        "last_read_seq",
        "cleared_seq",
    )
    yield "rooms.json", json_array(rows.values(*fields))
