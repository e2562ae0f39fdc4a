"""Composes claimed notifications from the messages as they are now. Those that are no longer wanted are dropped."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import BooleanField, Exists, ExpressionWrapper, F, OuterRef, Q
from django.db.models.expressions import Combinable
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.models import User, blocklists_for
from accounts.models.relations import Blocklist
from accounts.models.user import Status
from messaging.attachments.serializers import filenames_in
from messaging.history.aliases import sender_name
from messaging.history.held_back import Held, describe_held_back, read_held_back
from messaging.history.unread import count_suppressed_unread
from messaging.mentions.unread import find_unread_mentions
from messaging.models import AddedMention, NotificationPreferences, PushSubscription, RoomPush
from messaging.push.delivery import Envelope
from messaging.push.payload import Closing, Notice
from messaging.rendering.excerpt import to_line
from rooms.models import CONVERSATIONS, Membership, Room, room_url
from rooms.room_state import MemberKey
from rooms.serializers import others_in, title_of

INBOX = "/inbox/"
MAX_BODY = 500  # characters, more than any device shows


@dataclass(frozen=True, slots=True)
class Composed:
    """A notification that is ready to be sent. `attempts`: including this one."""

    id: int
    subscription: PushSubscription
    envelope: Envelope
    content: Notice | Closing
    attempts: int

    @property
    def is_closing(self) -> bool:
        return isinstance(self.content, Closing)


def compose(ids: Collection[int]) -> list[Composed]:
    """Return the notifications that are to be sent, in a fixed number of queries."""
    rows = [row for row in _read(ids) if row.expires_at > timezone.now()]
    users = {row.subscription.user_id for row in rows}
    context = _Context(
        blocklists_for(users),
        _hiding_content(users),
        _people_in_groups(row.room_id for row in rows if row.room.is_group),
        _badges(users),
        read_held_back({row.subscription.user_id: row.summary_since for row in rows if row.summary_since}),
    )
    return [_compose(row, context) for row in rows if row.is_closing or _is_wanted(row, context)]


@dataclass(frozen=True, slots=True)
class _Context:
    """hiding: the ids of users who want no content in notifications. people: those in each group conversation."""

    blocklists: Mapping[int, Blocklist]
    hiding: Collection[int]
    people: Mapping[int, list[User]]
    badges: Mapping[int, int]
    held: Mapping[int, Sequence[Held]]


def _read(ids: Collection[int]) -> Iterable[Any]:
    """Read notifications, annotated with `is_on`: whether the user wants any, and `is_unread`: also this message."""
    user = OuterRef("subscription__user")
    membership = Membership.objects.visible().filter(
        user=user, room=OuterRef("room"), is_muted=False, cleared_seq__lt=OuterRef("message__seq")
    )
    unread = membership.filter(last_read_seq__lt=OuterRef("message__seq"))
    added = AddedMention.objects.filter(user=user, message=OuterRef("message"))
    switched_off = NotificationPreferences.objects.filter(user=user, push=False)
    is_on = Q(subscription__user__is_active=True) & ~Q(subscription__user__status=Status.DND) & ~Exists(switched_off)
    is_unread = is_on & Q(message__deleted_at=None) & (Q(Exists(unread)) | (Q(Exists(membership)) & Q(Exists(added))))
    found = RoomPush.objects.filter(pk__in=ids).order_by("pk")
    found = found.annotate(is_on=_boolean(is_on), is_unread=_boolean(is_unread))
    return found.select_related("subscription__user", "message__sender", "room").defer("message__body")


def _boolean(condition: Q | Combinable) -> ExpressionWrapper:
    return ExpressionWrapper(condition, BooleanField())


def _is_wanted(row: Any, context: _Context) -> bool:
    if row.summary_since is not None:
        return row.is_on and bool(context.held.get(row.subscription.user_id))
    blocklist = context.blocklists[row.subscription.user_id]
    return row.is_unread and row.message.sender_id not in blocklist.blocked | blocklist.muted


def _compose(row: Any, context: _Context) -> Composed:
    subscription, tag = row.subscription, f"room-{row.room_id}"
    badge = context.badges.get(subscription.user_id, 0)
    ttl = max(0, int((row.expires_at - timezone.now()).total_seconds()))
    envelope = Envelope(tag, row.urgency, ttl)
    if row.is_closing:
        return Composed(row.pk, subscription, envelope, Closing((tag,), badge), row.attempts)
    with translation.override(subscription.language):
        title, body = _texts(row, context) if row.summary_since is None else _summary(row, context)
    path = f"{room_url(row.room_id)}messages/{row.message.seq}/" if row.summary_since is None else INBOX
    url = f"{subscription.origin}{path}"
    notice = Notice(title, body, url, tag, subscription.language, badge)
    return Composed(row.pk, subscription, envelope, notice, row.attempts)


def _texts(row: Any, context: _Context) -> tuple[str, str]:
    """Return the title and the body, without any content for those who don't want it."""
    if row.subscription.user_id in context.hiding:
        return _("New message"), ""
    message = row.message
    body = to_line(message.html) or filenames_in(message)
    title = _title(sender_name(message), row.room, row.subscription.user_id, context)
    return title, body if len(body) <= MAX_BODY else f"{body[: MAX_BODY - 1].rstrip()}…"


def _summary(row: Any, context: _Context) -> tuple[str, str]:
    user = row.subscription.user
    return describe_held_back(user, context.held[user.pk], shows_content=user.pk not in context.hiding)


def _title(sender: str, room: Room, user_id: int, context: _Context) -> str:
    """Return the sender's name and the room, as the user knows it."""
    if room.is_direct:
        return sender
    if room.is_group:
        others = others_in(context.people.get(room.pk, ()), user_id, context.blocklists[user_id].blocked)
        return f"{sender} · {title_of(others)}"
    return f"{sender} · #{room.name}"


def _hiding_content(user_ids: Collection[int]) -> set[int]:
    hiding = NotificationPreferences.objects.filter(user__in=user_ids, shows_content=False)
    return set(hiding.values_list("user", flat=True))


def _people_in_groups(room_ids: Iterable[int]) -> dict[int, list[User]]:
    people: dict[int, list[User]] = {}
    if ids := set(room_ids):
        for membership in Membership.objects.filter(room__in=ids).select_related("user"):
            people.setdefault(membership.room_id, []).append(membership.user)
    return people


def _badges(user_ids: Collection[int]) -> Counter[int]:
    """Count each user's unread messages that are for them, as the title of the page does (see model/rooms.js)."""
    counts: dict[MemberKey, int] = {key: len(seqs) for key, seqs in find_unread_mentions(user_ids).items()}
    conversations = Membership.objects.visible().filter(
        user__in=user_ids, room__kind__in=CONVERSATIONS, is_muted=False, last_read_seq__lt=F("room__last_seq")
    )
    suppressed = count_suppressed_unread(user_ids)
    for user_id, room_id, unread in conversations.values_list("user", "room", F("room__last_seq") - F("last_read_seq")):
        key = user_id, room_id
        counts[key] = max(counts.get(key, 0), unread - suppressed.get(key, 0))
    badges: Counter[int] = Counter()
    for (user_id, _room_id), count in counts.items():
        badges[user_id] += max(0, count)
    return badges
