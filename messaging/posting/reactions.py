"""Adds and removes reactions.

Changes are stored in batches: those to one message make one new version of it, however many people react. Rooms are
locked first, as for posts.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts.bulk_sql import update_rows
from accounts.models import Blocklist, blocklists_for
from accounts.sql import table
from messaging.emoji import canonical
from messaging.errors import NO_MESSAGE, Unavailable
from messaging.history import events
from messaging.models import Message, Reaction
from messaging.reactions.summary import MAX_EMOJI, MAX_LISTED, encode_reactions, is_complete, reactions_of
from messaging.search.index import index_messages
from rooms.errors import Archived, Blocked, Invalid, NotAMember, NotFound, Refusal
from rooms.models import Room
from rooms.permissions import closed_direct_rooms, outsider_refusal
from rooms.room_state import MemberKey, Poster, RoomState, find_posters, lock_rooms, store_versions

JSON = dict[str, Any]
ReactionKey = tuple[int, int, str]  # the ids of a message and a user, and the emoji


@dataclass(frozen=True, slots=True)
class ReactionChange:
    """A user's request to react to a message, or to remove their reaction. `emoji` is fully qualified."""

    user_id: int
    message_id: int
    emoji: str
    is_added: bool

    @property
    def key(self) -> ReactionKey:
        return self.message_id, self.user_id, self.emoji


def change_reactions(changes: Sequence[ReactionChange]) -> list[Refusal | None]:
    """Store changes in one transaction. Return None for each one that was made, or the refusal.

    Adding a reaction twice, or removing one that isn't there, changes nothing.
    """
    try:
        return _change(changes)
    except IntegrityError:  # a user or a message has just been deleted by another process
        return [_change_alone(change) for change in changes]


def require_emoji(text: str) -> str:
    """Return the fully qualified form of an emoji. Raises Invalid."""
    emoji = canonical(text)
    if emoji is None:
        raise Invalid(_("React with one emoji."), field="emoji")
    return emoji


@transaction.atomic
def remove_reactions_of(user_id: int, room_id: int, *, limit: int) -> int:
    """Remove up to `limit` of a user's reactions in a room. Return how many there were."""
    reactions = Reaction.objects.filter(user=user_id, message__room=room_id).values_list("message_id", "emoji")
    changes = [ReactionChange(user_id, message_id, emoji, is_added=False) for message_id, emoji in reactions[:limit]]
    if changes:
        batch = _lock_and_load(changes)
        for change in changes:
            batch.make(change)
        batch.store()
    return len(changes)


def _change_alone(change: ReactionChange) -> Refusal | None:
    try:
        return _change([change])[0]
    except IntegrityError:
        return Unavailable(retry_after=2)


@transaction.atomic
def _change(changes: Sequence[ReactionChange]) -> list[Refusal | None]:
    batch = _lock_and_load(changes)
    results = [batch.apply(change) for change in changes]
    batch.store()
    return results


@dataclass(slots=True, eq=False)
class _Batch:
    """Changes with the locked rows needed to check them.

    stored: the ids of the users' stored reactions to these messages.
    """

    rooms: Mapping[int, RoomState]
    messages: Mapping[int, Message]
    members: Mapping[MemberKey, Poster]
    closed_rooms: set[int]
    blocklists: Mapping[int, Blocklist]
    stored: dict[ReactionKey, int]
    _reactions: dict[int, list[JSON]] = field(default_factory=dict)
    _added: dict[ReactionKey, None] = field(default_factory=dict)  # in order
    _removed: set[ReactionKey] = field(default_factory=set)

    def apply(self, change: ReactionChange) -> Refusal | None:
        try:
            self._require_permission(change)
            self.make(change)
        except Refusal as refusal:
            return refusal
        return None

    def make(self, change: ReactionChange) -> None:
        """Make a change without checking permissions. Raises Invalid if the message has too many emoji."""
        if change.is_added == self._exists(change.key):
            return
        message = self.messages[change.message_id]
        reactions = self._reactions.setdefault(message.pk, reactions_of(message))
        if change.is_added:
            _count_in(reactions, change.emoji, change.user_id)
        else:
            _count_out(reactions, change.emoji, change.user_id)
        if (change.key in self.stored) == change.is_added:  # back to what is stored
            self._added.pop(change.key, None)
            self._removed.discard(change.key)
        elif change.is_added:
            self._added[change.key] = None
        else:
            self._removed.add(change.key)

    def store(self) -> None:
        """Store the reactions and the messages that changed, and publish them."""
        changed = {pk: self.messages[pk] for pk, _user, _emoji in (*self._added, *self._removed)}
        if not changed:
            return
        Reaction.objects.filter(pk__in=[self.stored[key] for key in self._removed]).delete()
        Reaction.objects.bulk_create(
            Reaction(message_id=message_id, user_id=user_id, emoji=emoji) for message_id, user_id, emoji in self._added
        )
        had_reactions = {pk for pk, message in changed.items() if message.reactions}
        for message in changed.values():
            self._set_summary(message)
        _store_messages(list(changed.values()))
        store_versions(self.rooms[room_id] for room_id in {message.room_id for message in changed.values()})
        index_messages([each for each in changed.values() if bool(each.reactions) != (each.pk in had_reactions)])
        events.announce_changed(*changed.values())
        self._announce_own(changed)

    def _require_permission(self, change: ReactionChange) -> None:
        """Raise a Refusal if the user may not react to the message."""
        message = self.messages.get(change.message_id)
        if message is None or message.deleted_at is not None:
            raise NotFound(NO_MESSAGE)
        member = self.members.get((change.user_id, message.room_id))
        if member is None:
            refusal = outsider_refusal(change.user_id, message.room_id)
            raise refusal if isinstance(refusal, NotAMember) else NotFound(NO_MESSAGE)
        if message.seq <= member.cleared_seq or message.sender_id in self.blocklists[change.user_id].blocked:
            raise NotFound(NO_MESSAGE)
        room = self.rooms[message.room_id]
        if room.is_archived:
            raise Archived
        if room.pk in self.closed_rooms:
            raise Blocked

    def _exists(self, key: ReactionKey) -> bool:
        return key in self._added or (key in self.stored and key not in self._removed)

    def _set_summary(self, message: Message) -> None:
        """Set the message's new summary and version."""
        reactions = self._reactions[message.pk]
        for each in reactions:
            if len(each["users"]) < min(each["count"], MAX_LISTED):  # a listed user has removed theirs
                users = Reaction.objects.filter(message=message, emoji=each["emoji"]).order_by("pk")
                each["users"] = list(users.values_list("user_id", flat=True)[:MAX_LISTED])
        message.reactions = encode_reactions(reactions)
        room = self.rooms[message.room_id]
        room.version += 1
        message.version = room.version

    def _announce_own(self, changed: Mapping[int, Message]) -> None:
        """Send users their own reactions where the summary doesn’t list all users."""
        incomplete = {pk for pk, message in changed.items() if not is_complete(reactions_of(message))}
        users = {(pk, user_id) for pk, user_id, _emoji in (*self._added, *self._removed) if pk in incomplete}
        if not users:
            return
        own: dict[tuple[int, int], list[str]] = defaultdict(list)
        found = Reaction.objects.filter(message__in=incomplete, user__in={user_id for _pk, user_id in users})
        for pk, user_id, emoji in found.values_list("message_id", "user_id", "emoji"):
            own[pk, user_id].append(emoji)
        events.announce_own_reactions((changed[pk], user_id, own[pk, user_id]) for pk, user_id in sorted(users))


def _lock_and_load(changes: Sequence[ReactionChange]) -> _Batch:
    ids, user_ids = {change.message_id for change in changes}, {change.user_id for change in changes}
    room_of = dict(Message.objects.filter(pk__in=ids).values_list("pk", "room_id"))
    rooms = lock_rooms(room_of.values()) if room_of else {}
    keys = {(change.user_id, room_of[change.message_id]) for change in changes if change.message_id in room_of}
    direct = [room.pk for room in rooms.values() if room.kind == Room.Kind.DIRECT]
    stored = Reaction.objects.filter(message__in=room_of, user__in=user_ids)
    return _Batch(
        rooms,
        messages=Message.objects.complete().filter(room__in=rooms).in_bulk(room_of),
        members=find_posters(keys) if keys else {},
        closed_rooms=closed_direct_rooms(direct) if direct else set(),
        blocklists=blocklists_for(user_ids),
        stored={
            (message_id, user_id, emoji): pk
            for pk, message_id, user_id, emoji in stored.values_list("pk", "message_id", "user_id", "emoji")
        },
    )


def _count_in(reactions: list[JSON], emoji: str, user_id: int) -> None:
    """Count a user's new reaction. Raises Invalid if the message has too many emoji."""
    found = next((each for each in reactions if each["emoji"] == emoji), None)
    if found is None:
        if len(reactions) >= MAX_EMOJI:
            text = _("A message has at most {limit} different reactions. Choose one of those that are there.")
            raise Invalid(format_lazy(text, limit=MAX_EMOJI), field="emoji")
        found = {"emoji": emoji, "count": 0, "users": []}
        reactions.append(found)
    if found["count"] == len(found["users"]) < MAX_LISTED:
        found["users"].append(user_id)
    found["count"] += 1


def _count_out(reactions: list[JSON], emoji: str, user_id: int) -> None:
    [found] = [each for each in reactions if each["emoji"] == emoji]
    found["count"] -= 1
    if user_id in found["users"]:
        found["users"].remove(user_id)
    if not found["count"]:
        reactions.remove(found)


def _store_messages(messages: Sequence[Message]) -> None:
    rows = [(message.pk, message.version, message.reactions) for message in messages]
    update_rows(table(Message), {"id": "bigint"}, {"version": "bigint", "reactions": "text"}, rows)
