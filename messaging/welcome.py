"""What a page is told when its socket opens."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils import timezone

from accounts.models import User
from rooms import events as room_events
from rooms.models import Membership

PROTOCOL = 1


@dataclass(frozen=True, slots=True)
class Welcome:
    event: dict[str, Any]
    rooms: list[dict[str, Any]]


def room_ids_of(user_id: int) -> list[int]:
    return list(Membership.objects.filter(user_id=user_id).values_list("room_id", flat=True))


def limits() -> dict[str, int]:
    return {"body": settings.CHAT_MAX_BODY, "page": settings.CHAT_PAGE_SIZE, "ping": 25, "frame": 64 * 1024}


def welcome(user: User, online: set[int]) -> Welcome:
    rooms = room_events.rooms_of(user)
    return Welcome(
        {
            "type": "welcome",
            "protocol": PROTOCOL,
            "user": room_events.person(user),
            "time": room_events.time_text(timezone.now()),
            "limits": limits(),
            "rooms": rooms,
            "online": sorted(online | {user.pk}),
        },
        rooms,
    )
