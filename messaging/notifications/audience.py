"""Finds those whom messages concern, and why: the people who may have to be notified.

Only rows of these people are read, however many others are in the room.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from accounts.models import NotificationLevel, default_notification_level
from accounts.sql import batched, fetch, placeholders, table
from messaging.mentions.groups import groups_in, reached_by
from messaging.mentions.names import EVERYONE, people_in
from messaging.models import Mention, NotificationPreferences, ThreadFollow, Trigger
from messaging.notifications.backlog import NewMessage
from messaging.notifications.keywords import find_keywords
from messaging.notifications.levels import LARGE_ROOM
from rooms.models import CONVERSATIONS, Membership, Room

PIECE = 500  # people who are notified in one transaction of a message for everyone
HIGHEST_ID = 2**62

ConcernKey = tuple[int, int]  # the ids of a message and a user


class People(NamedTuple):
    """A range of users' ids, so that a message for many people can be done in pieces."""

    first: int = 0
    last: int = HIGHEST_ID

    def __contains__(self, user_id: object) -> bool:
        return isinstance(user_id, int) and self.first <= user_id <= self.last


EVERYBODY = People()


class _Room(NamedTuple):
    """A room with its number of members, counted up to one more than PIECE."""

    pk: int
    kind: str
    size: int

    @property
    def is_conversation(self) -> bool:
        return self.kind in CONVERSATIONS


class Audience:
    """Those whom some messages concern. Messages from a room are expected to be together."""

    def __init__(self, messages: Sequence[NewMessage], people: People = EVERYBODY) -> None:
        self._messages = messages
        self._people = people
        self._rooms = _read_rooms({message.room_id for message in messages})
        self._listeners = _by_key(_find_everything_wanted(self._rooms.values(), people))
        self._followers = _by_key(
            _find_thread_followers({each.thread_id for each in messages if each.thread_id is not None}, people)
        )

    @property
    def broad(self) -> list[NewMessage]:
        """The messages that concern so many people that they are notified in pieces."""
        return [message for message in self._messages if self._is_broad(message)]

    def concerns(self, *, without: Collection[NewMessage] = ()) -> dict[ConcernKey, set[Trigger]]:
        """Return all reasons why each message may concern each user. The senders are included like everyone else."""
        messages = [message for message in self._messages if message not in without]
        found: dict[ConcernKey, set[Trigger]] = defaultdict(set)
        for trigger, message, user_ids in self._all(messages):
            for user_id in user_ids:
                if user_id in self._people and user_id != message.sender_id:
                    found[message.pk, user_id].add(trigger)
        return found

    def _is_broad(self, message: NewMessage) -> bool:
        if self._rooms[message.room_id].size <= PIECE:
            return False
        most = max(len(self._listeners.get(message.room_id, ())), len(self._followers.get(message.thread_id or 0, ())))
        return most > PIECE or _mentions_everyone(message)

    def _all(self, messages: Sequence[NewMessage]) -> Iterable[tuple[Trigger, NewMessage, Iterable[int]]]:
        online = _online_when_mentioned([message.pk for message in messages if "here" in message.mentions.split()])
        for_everyone = {message.room_id for message in messages if self._reaches_all(message, online)}
        members = _by_key(_find_members(for_everyone, self._people))
        matching = find_keywords(messages, first=self._people.first, last=self._people.last)
        for message in messages:
            if self._rooms[message.room_id].is_conversation:
                yield Trigger.DIRECT, message, members[message.room_id]
            if message.mentions:
                yield Trigger.MENTION, message, people_in(message.mentions)
                yield Trigger.GROUP, message, reached_by(groups_in(message.mentions))
                if _mentions_everyone(message):
                    yield Trigger.EVERYONE, message, online.get(message.pk, members[message.room_id])
            if message.replied_to is not None:
                yield Trigger.REPLY, message, (message.replied_to,)
            if message.thread_id is not None:
                yield Trigger.THREAD, message, self._followers.get(message.thread_id, ())
            yield Trigger.KEYWORD, message, matching.get(message.pk, ())
            yield Trigger.ROOM, message, self._listeners.get(message.room_id, ())

    def _reaches_all(self, message: NewMessage, online: dict[int, list[int]]) -> bool:
        is_for_all = _mentions_everyone(message) and message.pk not in online
        return is_for_all or self._rooms[message.room_id].is_conversation


def next_people(message: NewMessage, after_user_id: int) -> tuple[People, bool]:
    """Return the next members of a message's room, in the order of their ids, and whether there are more."""
    sql = (
        f"SELECT user_id FROM {table(Membership)} WHERE room_id = %s AND user_id > %s "  # noqa: S608
        f"ORDER BY user_id LIMIT {PIECE}"
    )
    ids = [user_id for (user_id,) in fetch(sql, [message.room_id, after_user_id])]
    has_more = len(ids) == PIECE
    return People(after_user_id + 1, ids[-1] if has_more else HIGHEST_ID), has_more


def _mentions_everyone(message: NewMessage) -> bool:
    return not set(EVERYONE).isdisjoint(message.mentions.split())


def _by_key(pairs: Iterable[tuple[int, int]]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    for key, user_id in pairs:
        found[key].append(user_id)
    return found


def _read_rooms(room_ids: Collection[int]) -> dict[int, _Room]:
    rooms: dict[int, _Room] = {}
    for ids in batched(room_ids) if room_ids else ():
        members = f"(SELECT 1 FROM {table(Membership)} member WHERE member.room_id = room.id LIMIT {PIECE + 1})"  # noqa: S608
        sql = (
            f"SELECT room.id, room.kind, (SELECT COUNT(*) FROM {members} counted) FROM {table(Room)} room "  # noqa: S608
            f"WHERE room.id IN ({placeholders(len(ids))})"
        )
        rooms |= {row[0]: _Room(*row) for row in fetch(sql, ids)}
    return rooms


def _find_everything_wanted(rooms: Iterable[_Room], people: People) -> list[tuple[int, int]]:
    """Return pairs of rooms and members who want to be notified of every message in them, by choice or by default."""
    named = [room for room in rooms if not room.is_conversation]
    small = [room.pk for room in named if room.size <= LARGE_ROOM]
    return [*_find_by_choice([room.pk for room in named], people), *_find_by_default(small, people)]


def _find_by_choice(room_ids: Sequence[int], people: People) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for ids in batched(room_ids):
        sql = (
            f"SELECT room_id, user_id FROM {table(Membership)} WHERE notification_level = 'all' "  # noqa: S608
            f"AND room_id IN ({placeholders(len(ids))}) AND user_id BETWEEN %s AND %s"
        )
        found += fetch(sql, [*ids, *people])
    return found


def _find_by_default(room_ids: Sequence[int], people: People) -> list[tuple[int, int]]:
    """Most sites have nobody with this default, so that is looked up first."""
    if not room_ids or not _is_default_anywhere():
        return []
    found: list[tuple[int, int]] = []
    for ids in batched(room_ids):
        sql = (
            f"SELECT member.room_id, member.user_id FROM {table(Membership)} member "  # noqa: S608
            f"LEFT JOIN {table(NotificationPreferences)} preferences ON preferences.user_id = member.user_id "
            "WHERE member.notification_level = '' AND COALESCE(NULLIF(preferences.level, ''), %s) = 'all' "
            f"AND member.room_id IN ({placeholders(len(ids))}) AND member.user_id BETWEEN %s AND %s"
        )
        found += fetch(sql, [default_notification_level().value, *ids, *people])
    return found


def _is_default_anywhere() -> bool:
    everything = NotificationLevel.EVERYTHING
    preferring = NotificationPreferences.objects.filter(level=everything)
    return default_notification_level() == everything or preferring.exists()


def _find_members(room_ids: Collection[int], people: People) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for ids in batched(room_ids):
        sql = (
            f"SELECT room_id, user_id FROM {table(Membership)} "  # noqa: S608
            f"WHERE room_id IN ({placeholders(len(ids))}) AND user_id BETWEEN %s AND %s"
        )
        found += fetch(sql, [*ids, *people])
    return found


def _find_thread_followers(thread_ids: Collection[int], people: People) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for ids in batched(thread_ids):
        sql = (
            f"SELECT thread_id, user_id FROM {table(ThreadFollow)} "  # noqa: S608
            f"WHERE is_followed AND thread_id IN ({placeholders(len(ids))}) AND user_id BETWEEN %s AND %s"
        )
        found += fetch(sql, [*ids, *people])
    return found


def _online_when_mentioned(message_ids: Sequence[int]) -> dict[int, list[int]]:
    """Return the ids of the members who were online when a message mentioned @here, unless there were too many."""
    found: dict[int, list[int]] = {}
    for ids in batched(message_ids):
        rows = Mention.objects.filter(message__in=ids, kind=Mention.Kind.HERE).exclude(online="")
        found |= {pk: [int(each) for each in online.split()] for pk, online in rows.values_list("message_id", "online")}
    return found
