"""Adds a user's memberships and own sections to their data export."""

from collections.abc import Iterator

from accounts.data_export import ExportedFile, exporter, json_array
from accounts.models import User
from rooms.models import Membership, RoomSection


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
        "section__name",
        "joined_at",
        "last_read_seq",
        "cleared_seq",
    )
    yield "rooms.json", json_array(rows.values(*fields))


@exporter
def sections(user: User) -> Iterator[ExportedFile]:
    yield "room_sections.json", json_array(RoomSection.objects.filter(user=user).order_by("pk").values("name"))
