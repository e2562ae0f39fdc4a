"""Reads what decides how people are notified of messages in their rooms."""

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, tzinfo
from typing import NamedTuple

from django.db.models import Count, Q

from accounts.mail.addresses import verified_addresses
from accounts.mail.delivery import can_email_links
from accounts.models import Blocklist, Connection, Status, User, blocklists_for
from accounts.sql import batched, fetch, table, value_rows
from accounts.time_zones import find_zone
from messaging.models import NotificationPreferences, PushSubscription
from messaging.notifications.decision import Recipient
from messaging.notifications.levels import LARGE_ROOM, level_for
from rooms.models import CONVERSATIONS, Membership, Room
from rooms.room_state import MemberKey


class _Member(NamedTuple):
    level: str
    is_muted: bool
    last_read_seq: int
    cleared_seq: int
    is_conversation: bool
    is_large: bool


class _Presence(NamedTuple):
    """Whether any of someone's pages or clients is connected, and whether one is in use, as programs never are."""

    is_connected: bool = False
    is_present: bool = False


def read_recipients(keys: Collection[MemberKey]) -> dict[MemberKey, Recipient]:
    """Return those of these people who are members of these rooms, without bots.

    This takes eight queries for each 500 of them.
    """
    members = _read_members(keys)
    user_ids = {user_id for user_id, _room_id in members}
    users = _People(user_ids)
    return {
        (user_id, room_id): users.recipient(user_id, member)
        for (user_id, room_id), member in members.items()
        if user_id in users
    }


class _People:
    def __init__(self, user_ids: Collection[int]) -> None:
        self._users: dict[int, User] = {}
        self._preferences: dict[int, NotificationPreferences] = {}
        for ids in batched(user_ids):
            users = User.objects.filter(pk__in=ids, is_bot=False).only("is_active", "status", "time_zone", "language")
            self._users |= {user.pk: user for user in users}
            self._preferences |= {each.pk: each for each in NotificationPreferences.objects.filter(pk__in=ids)}
        self._blocklists: Mapping[int, Blocklist] = blocklists_for(user_ids)
        self._presence = _read_presence(user_ids)
        self._with_email = _find_with_email(user_ids)
        self._with_push = _find_with_push(user_ids)

    def __contains__(self, user_id: int) -> bool:
        return user_id in self._users

    def recipient(self, user_id: int, member: _Member) -> Recipient:
        user = self._users[user_id]
        preferences = self._preferences.get(user_id) or NotificationPreferences()
        blocklist, presence = self._blocklists[user_id], self._presence.get(user_id, _Presence())
        return Recipient(
            user_id,
            is_active=user.is_active,
            level=level_for(
                member.level,
                preferences.level,
                is_conversation=member.is_conversation,
                is_large=member.is_large,
            ),
            is_muted=member.is_muted,
            last_read_seq=member.last_read_seq,
            cleared_seq=member.cleared_seq,
            blocked=blocklist.blocked,
            muted=blocklist.muted,
            hears_everyone=preferences.hears_everyone,
            hears_threads=preferences.hears_threads,
            is_dnd=user.status == Status.DND,
            quiet_hours=preferences.quiet_hours,
            zone=_zone(user),
            is_present=presence.is_present,
            is_connected=presence.is_connected,
            desktop=preferences.desktop,
            sound=preferences.sound,
            has_push=preferences.push and user_id in self._with_push,
            has_email=user_id in self._with_email,
            email_delay=preferences.email_delay,
            language=user.preferred_language,
            shows_content=preferences.shows_content,
        )


def _zone(user: User) -> tzinfo:
    return find_zone(user.time_zone) or UTC


def _read_members(keys: Iterable[MemberKey]) -> dict[MemberKey, _Member]:
    found: dict[MemberKey, _Member] = {}
    for some in batched(sorted(keys)):
        sql = (
            f"WITH wanted (user_id, room_id) AS (VALUES {value_rows(2, len(some))}) "  # noqa: S608
            "SELECT member.user_id, member.room_id, member.notification_level, member.is_muted, member.last_read_seq, "
            "member.cleared_seq, room.kind, (SELECT COUNT(*) FROM (SELECT 1 "
            f"FROM {table(Membership)} other WHERE other.room_id = room.id LIMIT {LARGE_ROOM + 1}) counted) "
            f"FROM wanted JOIN {table(Membership)} member "
            "ON member.user_id = wanted.user_id AND member.room_id = wanted.room_id "
            f"JOIN {table(Room)} room ON room.id = member.room_id"
        )
        for user_id, room_id, level, is_muted, read, cleared, kind, size in fetch(
            sql, [pk for key in some for pk in key]
        ):
            member = _Member(level, bool(is_muted), read, cleared, kind in CONVERSATIONS, size > LARGE_ROOM)
            found[user_id, room_id] = member
    return found


def _read_presence(user_ids: Iterable[int]) -> dict[int, _Presence]:
    found: dict[int, _Presence] = {}
    for ids in batched(user_ids):
        live = Connection.objects.live().filter(user__in=ids).order_by().values_list("user_id")
        in_use = live.annotate(in_use=Count("pk", filter=Q(idle_since=None) & ~Q(kind=Connection.Kind.BOT)))
        found |= {user_id: _Presence(is_connected=True, is_present=bool(count)) for user_id, count in in_use}
    return found


def _find_with_push(user_ids: Iterable[int]) -> set[int]:
    """Return those who have a device that gets push notifications."""
    found: set[int] = set()
    for ids in batched(user_ids):
        devices = PushSubscription.objects.filter(user__in=ids)
        found |= set(devices.values_list("user_id", flat=True))
    return found


def _find_with_email(user_ids: Iterable[int]) -> set[int]:
    """Return those whom emails with links to the site reach."""
    found: set[int] = set()
    if can_email_links():
        for ids in batched(user_ids):
            found |= verified_addresses(ids).keys()
    return found
