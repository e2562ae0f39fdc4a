"""How the commands about rooms find one by its number, and what they say of it."""

from django.conf import settings
from django.core.management import CommandError

from rooms.models import Membership, Room


def room_or_fail(pk: int) -> Room:
    room = Room.objects.select_related("created_by").filter(pk=pk).first()
    if room is None:
        raise CommandError(f"ID: there is no room {pk}. 'manage.py list_chatrooms' shows them all with their numbers.")
    return room


def told(room: Room) -> str:
    """A room's facts, one on a line, its address last."""
    members = Membership.objects.filter(room=room)
    owners = ", ".join(m.user.name for m in members.filter(role="owner").select_related("user").order_by("pk"))
    lines = {
        "Number": room.pk,
        "Name": title(room),
        "Topic": room.topic or "-",
        "Kind": room.kind + (", new members are added automatically" if room.is_default else ""),
        "Created": f"{room.created_at:%Y-%m-%d %H:%M}" + (f" by {room.created_by.name}" if room.created_by else ""),
        "Archived": f"{room.archived_at:%Y-%m-%d %H:%M}" if room.archived_at else "no",
        "Owners": owners or "-",
        "Members": members.count(),
        "Messages": room.last_seq,
        "Address": address(room),
    }
    return "\n".join(f"{label + ':':<10}{value}" for label, value in lines.items())


def title(room: Room) -> str:
    """Its name; a direct conversation has those of the two people."""
    if not room.is_direct:
        return room.name
    return " and ".join(m.user.name for m in room.memberships.select_related("user").order_by("pk"))


def address(room: Room) -> str:
    host = "127.0.0.1" if settings.HOST in ("0.0.0.0", "::") else settings.HOST  # noqa: S104
    site = settings.SITE_URL or f"http://{f'[{host}]' if ':' in host else host}:{settings.PORT}"
    return site + room.get_absolute_url()
