"""Who stands at the socket's door, and what they are told: asked together for all that come together.

After a restart everybody comes at once. One by one that costs a dozen queries and four visits to a thread
for each; gathered, a few for a hundred.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils import timezone

from accounts.auth.session_lookup import SessionUser, users_of_sessions
from accounts.models import User, blocklists_for
from live.batcher import Batcher
from live.envelope import encoded
from messaging.attachments.limits import shown_limits
from rooms import events as room_events
from rooms.models import Membership

PROTOCOL = 1


@dataclass(frozen=True, slots=True)
class Admission:
    """Somebody who may come in, the rooms they are in, and the people whom they do not see."""

    guest: SessionUser
    room_ids: list[int]
    hidden: frozenset[int]


@dataclass(frozen=True, slots=True)
class Welcome:
    """The event but for what the process knows when it is sent; and the rooms in it."""

    event: dict[str, Any]
    rooms: list[dict[str, Any]]

    def text(self, presence: str, blocked: Iterable[int]) -> str:
        return f'{encoded(self.event)[:-1]},{presence},"blocked":{encoded(sorted(blocked))}}}'


class Handshakes:
    """Belongs to the loop that it was made on."""

    def __init__(self) -> None:
        self._entries: Batcher[str, Admission | None] = Batcher(entries, name="entries")
        self._welcomes: Batcher[User, Welcome] = Batcher(welcomes, name="welcomes")

    async def admit(self, session_key: str) -> Admission | None:
        """Who has this session, or None."""
        return await self._entries.submit(session_key) if session_key else None

    async def welcome(self, user: User) -> Welcome:
        return await self._welcomes.submit(user)

    def stop(self) -> None:
        self._entries.stop()
        self._welcomes.stop()


def entries(session_keys: Sequence[str]) -> list[Admission | None]:
    found = users_of_sessions(session_keys)
    rooms: dict[int, list[int]] = {}
    people = {guest.user.pk for guest in found if guest is not None}
    for user_id, room_id in Membership.objects.seen().filter(user_id__in=people).values_list("user_id", "room_id"):
        rooms.setdefault(user_id, []).append(room_id)
    quiet = blocklists_for(people)
    return [
        Admission(guest, rooms.get(guest.user.pk, []), quiet[guest.user.pk].blocked) if guest is not None else None
        for guest in found
    ]


def welcomes(users: Sequence[User]) -> list[Welcome]:
    quiet = blocklists_for({user.pk for user in users})
    rooms = room_events.rooms_of_each(quiet)
    now = room_events.time_text(timezone.now())
    return [_welcome(user, rooms[user.pk], sorted(quiet[user.pk].muted), now) for user in users]


def limits() -> dict[str, object]:
    return {
        "body": settings.CHAT_MAX_BODY,
        "page": settings.CHAT_PAGE_SIZE,
        "ping": 25,
        "frame": 64 * 1024,
        "idle": settings.CHAT_IDLE_SECONDS,
        **shown_limits(),
    }


def _welcome(user: User, rooms: list[dict[str, Any]], muted: list[int], now: str | None) -> Welcome:
    event = {"type": "welcome", "protocol": PROTOCOL, "user": room_events.own(user), "time": now}
    return Welcome(event | {"limits": limits(), "rooms": rooms, "muted": muted}, rooms)
