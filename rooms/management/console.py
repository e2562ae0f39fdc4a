"""Looks up and describes rooms on the command line."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.management import CommandError
from django.core.management.base import OutputWrapper

from accounts.management.console import as_json
from rooms.errors import Refusal
from rooms.models import Membership, Room
from rooms.serializers import serialize_room


def get_room(pk: int) -> Room:
    """Return the room with this id. Raises CommandError."""
    room = Room.objects.select_related("created_by").filter(pk=pk).first()
    if room is None:
        raise CommandError(f"Room {pk} does not exist. Run 'manage.py list_chatrooms' to list rooms with their IDs.")
    return room


@contextmanager
def refusals(**options: str) -> Iterator[None]:
    """Raise a Refusal as a CommandError. `options`: those of fields that aren't named alike."""
    try:
        yield
    except Refusal as refusal:
        field = options.get(refusal.field, refusal.field)
        raise CommandError(f"{field}: {refusal.message}" if field else str(refusal.message)) from refusal


def print_room(stdout: OutputWrapper, room: Room, *, json: bool) -> None:
    """Print a room's details for people or, as in the API, for programs."""
    stdout.write(as_json(room_data(room)) if json else describe(room))


def room_data(room: Room) -> dict[str, Any]:
    """Return the fields of a room that are the same for everyone in the API, with its full URL."""
    return serialize_room(room) | {"url": absolute_url(room)}


def describe(room: Room) -> str:
    """Return a room's details, one per line, with its URL last."""
    members = Membership.objects.filter(room=room)
    owners = ", ".join(m.user.name for m in members.filter(role="owner").select_related("user").order_by("pk"))
    lines = {
        "ID": room.pk,
        "Name": title(room),
        "Topic": room.topic or "-",
        "Kind": room.kind + (", new members join automatically" if room.is_default else ""),
        "Created": f"{room.created_at:%Y-%m-%d %H:%M}" + (f" by {room.created_by.name}" if room.created_by else ""),
        "Archived": f"{room.archived_at:%Y-%m-%d %H:%M}" if room.archived_at else "no",
        "Owners": owners or "-",
        "Members": members.count(),
        "Messages": room.last_seq,
        "URL": absolute_url(room),
    }
    return "\n".join(f"{label + ':':<10}{value}" for label, value in lines.items())


def title(room: Room) -> str:
    """Return a room's name, or the names of the people in a conversation."""
    if not room.is_conversation:
        return room.name
    return " and ".join(m.user.name for m in room.memberships.select_related("user").order_by("pk"))


def absolute_url(room: Room) -> str:
    host = "127.0.0.1" if settings.HOST in ("0.0.0.0", "::") else settings.HOST  # noqa: S104
    site = settings.SITE_URL or f"http://{f'[{host}]' if ':' in host else host}:{settings.PORT}"
    return site + room.get_absolute_url()
