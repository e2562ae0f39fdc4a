"""Reads the messages that a user saved."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from accounts.models import User
from accounts.sql import fetch, placeholders, table
from messaging.history.journal import read_messages
from messaging.models import Message, MessageRow, SavedMessage

PAGE = 25
MAX_NOTICES = 20


class Position(NamedTuple):
    """A position in the list of saved messages, from where the next page begins."""

    at: datetime
    pk: int


class SavedPage(NamedTuple):
    """Saved messages with what was saved, newest first. `next`: the position for the next page, or None."""

    entries: list[tuple[SavedMessage, MessageRow]]
    next: Position | None


def saved_among(user: User, message_ids: Sequence[int]) -> list[int]:
    """Return the ids of those of these messages that the user saved."""
    if not message_ids:
        return []
    condition = f"user_id = %s AND message_id IN ({placeholders(len(message_ids))})"
    sql = f"SELECT message_id FROM {table(SavedMessage)} WHERE {condition} ORDER BY message_id"  # noqa: S608
    return [pk for (pk,) in fetch(sql, [user.pk, *message_ids])]


def read_saved(user: User, *, before: Position | None = None, only_reminders: bool = False) -> SavedPage:
    """Return a page of the saved messages that the user still sees, or of those with a reminder."""
    saved = visible_saved(user).order_by("-listed_at", "-pk")
    if only_reminders:
        saved = saved.filter(Q(remind_at__isnull=False) | Q(due_at__isnull=False))
    if before is not None:
        saved = saved.filter(Q(listed_at__lt=before.at) | Q(listed_at=before.at, pk__lt=before.pk))
    found = list(saved[: PAGE + 1])
    messages = {message.pk: message for message in read_messages([each.message_id for each in found[:PAGE]])}
    entries = [(each, messages[each.message_id]) for each in found[:PAGE] if each.message_id in messages]
    last = found[PAGE - 1] if len(found) > PAGE else None
    return SavedPage(entries, Position(last.listed_at, last.pk) if last else None)


def read_notices(user: User) -> list[SavedMessage]:
    """Return the newest reminders that the user hasn't dismissed, with their messages."""
    due = visible_saved(user).filter(has_notice=True).select_related("message__sender")
    return list(due.order_by("-listed_at", "-pk")[:MAX_NOTICES])


def count_notices(user_ids: Iterable[int]) -> dict[int, int]:
    """Return how many reminders each of these users hasn't dismissed."""
    due = SavedMessage.objects.filter(user__in=list(user_ids), has_notice=True)
    return dict(due.values_list("user").annotate(count=Count("pk")).order_by())


def visible_saved(user: User) -> QuerySet[SavedMessage]:
    """Return what the user saved, without messages that they don't see anymore."""
    seen = Message.objects.readable_by(user).seen_by(user).filter(pk=OuterRef("message"))
    return SavedMessage.objects.filter(Exists(seen), user=user)
