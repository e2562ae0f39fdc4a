"""Queues emails about messages that people haven't read.

Every process looks for notifications that are due. It checks and composes a few emails without locking anything. The
transaction that then queues them also marks their notifications, after it has locked the first one of each conversation
and found that no other process was faster. So each decision is made once, and a crash undoes it completely.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import reduce
from operator import or_

from django.db import transaction
from django.utils import timezone

from accounts.mail.backend import enqueue, prepare
from accounts.mail.delivery import can_email_links
from accounts.models import QueuedEmail
from accounts.sql import batched
from live.db_threads import in_thread, in_writing_thread
from messaging.models import Notification
from messaging.notifications.emails.composition import Content, compose, read_content
from messaging.notifications.emails.due import Conversation, Facts, Outcome, assess, due, find_conversations, load_facts
from messaging.notifications.emails.recheck import PURPOSE, describe

LOOK_AGAIN = timedelta(minutes=5)  # at people who were present, or who got an email lately
# While as many emails are queued, no more are decided on: others, such as those for new passwords, would wait behind
# them. And those that are decided on later are checked later, when most messages have been read.
MAX_WAITING = 500

logger = logging.getLogger(__name__)
Prepared = dict[tuple[int, int], QueuedEmail]


async def deliver_next() -> bool:
    """Queue some of the emails that are due. Return whether there may be more."""
    now = timezone.now()
    if not can_email_links() or not await in_thread(_is_any_due, now):
        return False
    conversations, prepared = await in_thread(_decide, now)
    await in_writing_thread(_settle, conversations, prepared, now)
    return bool(conversations)


def deliver_piece() -> bool:
    """Do the same in this thread."""
    now = timezone.now()
    if not can_email_links() or not _is_any_due(now):
        return False
    conversations, prepared = _decide(now)
    _settle(conversations, prepared, now)
    return bool(conversations)


def has_space() -> bool:
    """Return whether more emails that can wait may be queued."""
    return QueuedEmail.objects.count() < MAX_WAITING


def _is_any_due(now: datetime) -> bool:
    return due(now).exists() and has_space()


def _decide(now: datetime) -> tuple[list[Conversation], Prepared]:
    """Decide about some conversations, and compose the emails to send."""
    conversations = find_conversations(now)
    if not conversations:
        return [], {}
    facts = load_facts([each.key for each in conversations], now)
    assess(conversations, facts, now)
    content = read_content([each for each in conversations if each.outcome == Outcome.SEND], facts)
    prepared = {}
    for each in conversations:
        if each.outcome == Outcome.SEND and (email := _prepare(each, facts, content, now)) is not None:
            prepared[each.key] = email
    return conversations, prepared


def _prepare(conversation: Conversation, facts: Facts, content: Content, now: datetime) -> QueuedEmail | None:
    """Return the email. One that can't be composed must not hold up all others."""
    if not content.of(conversation):  # deleted since
        return None
    try:
        return prepare(compose(conversation, facts, content), purpose=PURPOSE, about=describe(conversation, facts, now))
    except Exception:
        user_id, room_id = conversation.key
        logger.exception("an email about room %d to user %d could not be composed", room_id, user_id)
        return None


@transaction.atomic
def _settle(conversations: Sequence[Conversation], prepared: Prepared, now: datetime) -> None:
    """Queue the emails and mark their notifications, except where another process has already done so."""
    won = _claim(conversations)
    enqueue([prepared[each.key] for each in won if each.key in prepared])
    emailed = [row.pk for each in won if _is_told(each, prepared) for row in each.unread]
    for ids in batched(emailed):
        Notification.objects.filter(pk__in=ids).update(emailed_at=now, email_due_at=None)
    waiting = [each for each in won if each.outcome == Outcome.WAIT]
    done = [each for each in won if each.outcome != Outcome.WAIT]
    _schedule(done, None)
    _schedule(waiting, now + LOOK_AGAIN)


def _claim(conversations: Sequence[Conversation]) -> list[Conversation]:
    """Lock the first notification of each conversation, and return those of which it is still pending."""
    first = [each.pending[0].pk for each in conversations]
    pending = Notification.objects.filter(pk__in=first, email_due_at__isnull=False).order_by("pk")
    claimed = set(pending.select_for_update(skip_locked=True, of=("self",)).values_list("pk", flat=True))
    return [each for each in conversations if each.pending[0].pk in claimed]


def _is_told(conversation: Conversation, prepared: Prepared) -> bool:
    return conversation.key in prepared or conversation.outcome == Outcome.COVERED


def _schedule(conversations: Sequence[Conversation], due_at: datetime | None) -> None:
    if conversations:
        pending = Notification.objects.filter(reduce(or_, (each.condition for each in conversations)))
        pending.filter(email_due_at__isnull=False).update(email_due_at=due_at)
