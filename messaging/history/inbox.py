"""Reads a user's inbox: the conversations with messages that they haven't read, and some of these messages."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q

from accounts.models import User
from messaging.history.journal import read_messages
from messaging.models import Message, MessageRow
from rooms.serializers import JoinedRoom, joined_rooms

MAX_CONVERSATIONS = 50
MAX_SHOWN = 3  # messages of each conversation
MAX_REPLIES = 500
REPLY_WINDOW = 1_000  # messages before the first unread one; replies to earlier ones aren't marked
PREVIEW_WINDOW = 50  # the newest messages of a room, of which those from other people are shown


@dataclass(slots=True)
class Conversation:
    """A room with unread messages. `messages`: those for the user, or the newest, in the order of posting.

    mentions, replies: the numbers of the unread messages that mention the user, and that reply to them.
    """

    joined: JoinedRoom
    mentions: frozenset[int]
    replies: frozenset[int] = frozenset()
    messages: list[MessageRow] = field(default_factory=list)

    @property
    def room(self) -> dict[str, Any]:
        return self.joined.data

    @property
    def is_for_me(self) -> bool:
        """Whether it is a conversation, or has messages that mention the user or reply to them."""
        return self.joined.room.is_conversation or bool(self.mentions or self.replies)

    @property
    def count(self) -> int:
        """The number of unread messages, or of those that mention the user if the room is muted."""
        return len(self.mentions) if self.room["muted"] else max(self.room["unread"], len(self.mentions))

    @property
    def shown(self) -> list[int]:
        """The numbers of the messages for the user to show, the newest of them."""
        return sorted(self.mentions | self.replies)[-MAX_SHOWN:]


@dataclass(frozen=True, slots=True)
class Inbox:
    """Conversations, those for the user first and then the latest. `remaining`: how many more there are."""

    conversations: list[Conversation]
    remaining: int


def read_inbox(viewer: User) -> Inbox:
    """Return the conversations with messages that the viewer hasn't read. Of muted rooms, only mentions count."""
    found = [Conversation(each, frozenset(each.data["mention_seqs"])) for each in joined_rooms(viewer)]
    unread = _in_order(each for each in found if each.count)
    conversations = unread[:MAX_CONVERSATIONS]
    hidden = {viewer.pk, *viewer.blocklist.blocked, *viewer.blocklist.muted}
    _add_replies(viewer, conversations, hidden)
    _add_messages(viewer, conversations, hidden)
    return Inbox(_in_order(conversations), len(unread) - len(conversations))


def _in_order(conversations: Iterable[Conversation]) -> list[Conversation]:
    latest_first = sorted(conversations, key=lambda each: each.room["last_at"] or "", reverse=True)
    return sorted(latest_first, key=lambda each: not each.is_for_me)


def _add_replies(viewer: User, conversations: Sequence[Conversation], hidden: Collection[int]) -> None:
    """Find unread replies to the viewer's messages. First these messages, because others may be far more."""
    rooms = {each.room["id"]: each for each in conversations if not each.room["muted"]}
    if not rooms:
        return
    recent = [Q(room=pk, seq__gt=_read(each) - REPLY_WINDOW, seq__gte=0) for pk, each in rooms.items()]
    own = (
        Message.objects.seen_by(viewer)
        .filter(reduce(or_, recent), sender=viewer)
        .order_by("-pk")
        .values_list("pk", flat=True)
    )
    replies = (
        Message.objects.seen_by(viewer)
        .filter(reply_to__in=list(own[:REPLY_WINDOW]), deleted_at=None)
        .exclude(sender__in=hidden)
        .order_by("-pk")
        .values_list("room", "seq")
    )
    by_room: dict[int, set[int]] = defaultdict(set)
    for room_id, seq in replies[:MAX_REPLIES]:
        if room_id in rooms and seq > _read(rooms[room_id]):
            by_room[room_id].add(seq)
    for room_id, seqs in by_room.items():
        rooms[room_id].replies = frozenset(seqs)


def _add_messages(viewer: User, conversations: Sequence[Conversation], hidden: Collection[int]) -> None:
    """Read the messages to show, in three queries."""
    rooms = {each.room["id"]: each for each in conversations}
    for_user = [Q(room=pk, seq__in=each.shown) for pk, each in rooms.items() if each.shown]
    newest = [
        Q(room=pk, seq__gt=max(_read(each), each.room["last_seq"] - PREVIEW_WINDOW))
        for pk, each in rooms.items()
        if not each.shown
    ]
    if not rooms:
        return
    visible = Message.objects.seen_by(viewer).filter(deleted_at=None).exclude(sender__in=hidden)
    ids: dict[int, list[int]] = defaultdict(list)
    for conditions in filter(None, (for_user, newest)):
        found = visible.filter(reduce(or_, conditions)).order_by("-seq").values_list("room", "pk")
        for room_id, pk in found:
            if len(ids[room_id]) < (MAX_SHOWN if rooms[room_id].is_for_me else 1):
                ids[room_id].append(pk)
    for message in reversed(read_messages([pk for each in ids.values() for pk in each])):
        rooms[message.room_id].messages.append(message)


def _read(conversation: Conversation) -> int:
    """Return the number of the last message that the viewer has read or cleared."""
    return max(conversation.room["last_read_seq"], conversation.room["cleared_seq"])
