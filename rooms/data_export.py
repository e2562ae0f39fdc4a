"""Adds a user's memberships, own sections and room events to their data export. Other users appear only as ids."""

from collections.abc import Iterator

from django.db.models import Q

from accounts.data_export import ExportedFile, exporter, json_array
from accounts.models import User
from rooms.models import Membership, RoomEvent, RoomSection


@exporter
def memberships(user: User) -> Iterator[ExportedFile]:
    rows = Membership.objects.filter(user=user).order_by("pk")
    fields = (
        "room_id",
        "room__name",
        "room__kind",
        "role",
        "is_muted",
        "notification_level",
        "is_favorite",
        "section__name",
        "joined_at",
        "last_read_seq",
        "cleared_seq",
    )
    yield "rooms.json", json_array(rows.values(*fields))


@exporter
def sections(user: User) -> Iterator[ExportedFile]:
    yield "room_sections.json", json_array(RoomSection.objects.filter(user=user).values("name"))


@exporter
def room_events(user: User) -> Iterator[ExportedFile]:
    rows = RoomEvent.objects.filter(Q(actor=user) | Q(subject=user)).order_by("pk")
    fields = ("room_id", "room__name", "kind", "at", "actor_id", "subject_id", "text", "message_seq")
    yield "room_events.json", json_array(rows.values(*fields))
