"""Notifies those who weren't disturbed of what they haven't read, once they may be disturbed again.

They get one notification for all of it. The transaction that claims a user also decides, queues it for their devices
and publishes it to their pages, so that each is notified once.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone, translation

from accounts.models import Status, User
from live.db_threads import in_thread, in_writing_thread
from messaging.history.events import Event, announce_notifications
from messaging.history.held_back import HOLDING, Held, describe_held_back, read_held_back
from messaging.history.journal import read_messages
from messaging.models import Cause, Channel, HeldBack, Trigger
from messaging.notifications.content import Content, event_about
from messaging.notifications.decision import Decision, Incoming, Recipient, decide
from messaging.notifications.quiet_hours import next_end
from messaging.notifications.recipients import read_recipients
from messaging.push.queue import Push, enqueue_pushes

POLL_SECONDS = 10.0
PIECE = 10  # users
LOOK_AGAIN = timedelta(days=1)  # at quiet hours that never end

_LOUDNESS = list(Channel)


class _Wanted(NamedTuple):
    """A message of which a user is to be notified now."""

    held: Held
    recipient: Recipient
    decision: Decision


def hold_back(recipients: Iterable[Recipient], now: datetime) -> None:
    """Note that notifications were held back from these users. The caller owns the transaction."""
    rows = {
        each.user_id: HeldBack(user_id=each.user_id, since=now, due_at=_end_of_quiet(each, now)) for each in recipients
    }
    if rows:
        HeldBack.objects.bulk_create(
            [rows[user_id] for user_id in sorted(rows)],  # so that all transactions lock them in the same order
            update_conflicts=True,
            update_fields=["due_at"],
            unique_fields=["user"],
        )


async def deliver_next() -> bool:
    """Notify some of those whom one may disturb again. Return whether there may be more."""
    return await in_thread(_is_any_due) and await in_writing_thread(deliver_piece)


@transaction.atomic
def deliver_piece() -> bool:
    """Do the same in this thread."""
    now = timezone.now()
    claimed = list(_due(now).select_for_update(skip_locked=True, of=("self",)).select_related("user")[:PIECE])
    found = read_held_back({each.user_id: each.since for each in claimed})
    recipients = read_recipients({(held.user_id, held.room_id) for some in found.values() for held in some})
    for each in claimed:
        wanted = _decide(found.get(each.user_id, ()), recipients, now)
        if any(one.decision.cause in HOLDING for one in wanted):
            each.due_at = _end_of_quiet(wanted[0].recipient, now)
            each.save(update_fields=["due_at"])
            continue
        if wanted:
            _notify(each, wanted)
        each.delete()
    return len(claimed) == PIECE


def _is_any_due() -> bool:
    """Return whether there is anything to do, without locking the database."""
    return _due(timezone.now()).exists()


def _due(now: datetime) -> "QuerySet[HeldBack]":
    return HeldBack.objects.filter(due_at__lte=now).exclude(user__status=Status.DND).order_by("due_at", "pk")


def _end_of_quiet(recipient: Recipient, now: datetime) -> datetime:
    end = next_end(recipient.quiet_hours, now.astimezone(recipient.zone))
    return now + LOOK_AGAIN if end is None else end


def _decide(held: Sequence[Held], recipients: Mapping[tuple[int, int], Recipient], now: datetime) -> list[_Wanted]:
    """Decide as if the messages were new. Leave out those of which the user isn't to be notified anymore."""
    decided = []
    for each in held:
        recipient = recipients.get((each.user_id, each.room_id))
        if recipient is not None:
            incoming = Incoming(each.sender_id, each.seq, now)
            decision = decide(incoming, frozenset({Trigger(each.trigger)}), recipient, now)
            decided.append(_Wanted(each, recipient, decision))
    return [each for each in decided if each.decision.cause in (*HOLDING, Cause.ACTIVE, Cause.AWAY)]


def _notify(held_back: HeldBack, wanted: Sequence[_Wanted]) -> None:
    """Notify in the most noticeable way that was decided for any of the messages."""
    latest = wanted[-1].held
    if any(each.decision.channel == Channel.PUSH for each in wanted):
        since = held_back.since if len(wanted) > 1 else None
        enqueue_pushes(
            [Push(latest.user_id, latest.room_id, latest.message_id, latest.seq, latest.trigger, summary_since=since)]
        )
    on_page = max((each.decision.on_page for each in wanted), key=_LOUDNESS.index)
    if on_page != Channel.NOTHING:
        event = _event(held_back.user, wanted, on_page)
        announce_notifications([(latest.user_id, latest.sender_id, event)])


def _event(user: User, wanted: Sequence[_Wanted], on_page: Channel) -> Event:
    latest, recipient = wanted[-1].held, wanted[-1].recipient
    [row] = read_messages([latest.message_id])
    if len(wanted) == 1:
        return Content([row]).event(row, recipient, on_page, latest.trigger)
    with translation.override(recipient.language):
        held = [each.held for each in wanted]
        title, body = describe_held_back(user, held, shows_content=recipient.shows_content)
    return event_about(row, on_page, latest.trigger, title=title, body=body, url=reverse("messaging:inbox"))
