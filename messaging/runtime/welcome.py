"""Authenticates and welcomes sockets in batches.

After a restart, all users reconnect simultaneously. Individually, each socket takes a dozen queries and four switches
between threads; in a batch, a hundred sockets share a few queries.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils import timezone

from accounts.auth.credentials import Authenticated, Credential, users_of
from accounts.models import User, blocklists_for
from live.batcher import Batcher
from live.envelope import encoded
from messaging.attachments.limits import upload_limits
from messaging.history.followed_threads import find_followed
from messaging.history.saved import count_notices
from messaging.history.scheduled import scheduled_of
from messaging.notifications.preferences import page_settings_of
from messaging.posting.drafts import read_drafts
from rooms.rows import read_memberships, read_sections
from rooms.serializers import serialize_own_profile, serialize_rooms_for_each, serialize_time

PROTOCOL = 1


@dataclass(frozen=True, slots=True)
class Admission:
    """An authenticated user, the ids of the rooms to subscribe them to, and the ids of users they block."""

    authenticated: Authenticated
    room_ids: list[int]
    blocked: frozenset[int]


@dataclass(frozen=True, slots=True)
class Welcome:
    """The rooms in a `welcome` event, and the event without the fields that are added when it is sent."""

    event: dict[str, Any]
    rooms: list[dict[str, Any]]

    def text(self, presence: str, blocked: Iterable[int]) -> str:
        return f'{encoded(self.event)[:-1]},{presence},"blocked":{encoded(sorted(blocked))}}}'


class Handshakes:
    """Batches handshakes. An instance belongs to the event loop on which it was created."""

    def __init__(self) -> None:
        self._admissions: Batcher[Credential, Admission | None] = Batcher(admit_all, name="admissions")
        self._welcomes: Batcher[User, Welcome] = Batcher(make_welcomes, name="welcomes")

    async def admit(self, credential: Credential) -> Admission | None:
        """Return the admission of the credential's user, or None if it isn't valid."""
        return await self._admissions.submit(credential) if any(credential) else None

    async def welcome(self, user: User) -> Welcome:
        return await self._welcomes.submit(user)

    def stop(self) -> None:
        self._admissions.stop()
        self._welcomes.stop()


def admit_all(credentials: Sequence[Credential]) -> list[Admission | None]:
    """Return the admission of each credential's user, or None if it isn't valid."""
    found = users_of(credentials)
    rooms: dict[int, list[int]] = {}
    people = {each.user.pk for each in found if each is not None}
    for membership in read_memberships(people):
        rooms.setdefault(membership.user_id, []).append(membership.room_id)
    blocklists = blocklists_for(people)
    return [
        Admission(each, rooms.get(each.user.pk, []), blocklists[each.user.pk].blocked) if each is not None else None
        for each in found
    ]


def make_welcomes(users: Sequence[User]) -> list[Welcome]:
    blocklists = blocklists_for({user.pk for user in users})
    rooms = serialize_rooms_for_each(blocklists)
    sections = read_sections(blocklists)
    reminders = count_notices(blocklists)
    drafts = read_drafts(blocklists)
    scheduled = scheduled_of(blocklists)
    threads = find_followed(blocklists)
    notifications = page_settings_of(blocklists)
    now = serialize_time(timezone.now())
    welcomes = []
    for user in users:
        muted = sorted(blocklists[user.pk].muted)
        own = {
            "rooms": rooms[user.pk],
            "sections": sections.get(user.pk, []),
            "drafts": drafts.get(user.pk, []),
            "scheduled": scheduled.get(user.pk, []),
            "muted": muted,
        }
        own["reminders"] = reminders.get(user.pk, 0)
        own["threads"] = threads[user.pk]
        own["notifications"] = notifications[user.pk]
        welcomes.append(_welcome(user, own, now))
    return welcomes


def limits() -> dict[str, object]:
    """Return the limits that pages check before sending."""
    return {
        "body": settings.CHAT_MAX_BODY,
        "page": settings.CHAT_PAGE_SIZE,
        "ping": 25,
        "frame": 64 * 1024,
        "idle": settings.CHAT_IDLE_SECONDS,
        **upload_limits(),
    }


def _welcome(user: User, own: dict[str, Any], now: str | None) -> Welcome:
    event = {"type": "welcome", "protocol": PROTOCOL, "user": serialize_own_profile(user), "time": now}
    return Welcome(event | {"limits": limits(), **own}, own["rooms"])
