"""Reminders of saved messages: actions on them, and their delivery.

Every process looks for reminders that are due. The transaction that claims some of them also publishes them, so each is
delivered once. A user who is offline, or whose process dies at that moment, gets it when their page next connects.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from accounts.models import User
from live.db_threads import in_writing_thread
from messaging.errors import NO_MESSAGE
from messaging.history import events
from messaging.history.saved import visible_saved
from messaging.models import SavedMessage
from messaging.saved.actions import save_locked
from messaging.saved.times import FURTHEST
from rooms.errors import Invalid, NotFound

MAX_REMINDERS = 100  # per user
PIECE = 100  # reminders claimed in one transaction
NO_REMINDER = {"remind_at": None, "due_at": None, "has_notice": False}


@transaction.atomic
def set_reminder(*, user: User, message_id: int, at: datetime) -> SavedMessage:
    """Remind the user of a message, which is saved if it isn't yet. Replaces the message's earlier reminder."""
    _check_time(at)
    saved = save_locked(user, message_id)
    _check_limit(user, saved)
    had_notice, saved.remind_at, saved.due_at, saved.has_notice = saved.has_notice, at, None, False
    saved.save()
    if had_notice:
        events.announce_dismissed(user, message_id)
    return saved


@transaction.atomic
def cancel_reminder(*, user: User, message_id: int) -> None:
    """Remove a reminder, whether or not it is due. The message stays saved."""
    if not SavedMessage.objects.filter(user=user, message=message_id).update(**NO_REMINDER):
        raise NotFound(NO_MESSAGE)
    events.announce_dismissed(user, message_id)


@transaction.atomic
def dismiss_reminder(*, user: User, message_id: int) -> None:
    """End the notice of a reminder on all pages of the user. In the list, the message stays due."""
    if SavedMessage.objects.filter(user=user, message=message_id, has_notice=True).update(has_notice=False):
        events.announce_dismissed(user, message_id)


async def deliver_next() -> bool:
    """Deliver some of the reminders that are due. Return whether there may be more."""
    return await in_writing_thread(_is_any_due) and await in_writing_thread(deliver_piece)


@transaction.atomic
def deliver_piece() -> bool:
    """Deliver some of the reminders that are due. Return whether there may be more."""
    now = timezone.now()
    due = SavedMessage.objects.filter(remind_at__lte=now).order_by("remind_at", "pk")
    claimed = list(
        due.select_for_update(skip_locked=True, of=("self",)).select_related("user", "message__sender")[:PIECE]
    )
    visible = _visible_among(claimed)
    for saved in claimed:
        if saved.pk in visible:
            saved.due_at, saved.has_notice, saved.listed_at = saved.remind_at, True, now
        saved.remind_at = None
    SavedMessage.objects.bulk_update(claimed, ["remind_at", "due_at", "has_notice", "listed_at"])
    events.announce_due([each for each in claimed if each.pk in visible])
    return len(claimed) == PIECE


def delivered_since(time: datetime) -> list[SavedMessage]:
    """Return the reminders that were delivered since then, haven't been dismissed, and whose messages are visible."""
    delivered = SavedMessage.objects.filter(has_notice=True, listed_at__gt=time)
    found = list(delivered.select_related("user", "message__sender"))
    visible = _visible_among(found)
    return [saved for saved in found if saved.pk in visible]


def _is_any_due() -> bool:
    """Return whether there is anything to do, without locking the database."""
    return SavedMessage.objects.filter(remind_at__lte=timezone.now()).exists()


def _visible_among(claimed: Sequence[SavedMessage]) -> set[int]:
    """Return the ids of those whose messages their users still see."""
    by_user: dict[User, list[int]] = defaultdict(list)
    for saved in claimed:
        by_user[saved.user].append(saved.pk)
    found: set[int] = set()
    for user, ids in by_user.items():
        found |= set(visible_saved(user).filter(pk__in=ids).values_list("pk", flat=True))
    return found


def _check_time(at: datetime) -> None:
    if at <= timezone.now():
        raise Invalid(_("Choose a time in the future."), field="at")
    if at > timezone.now() + FURTHEST:
        raise Invalid(_("Choose a time within the next five years."), field="at")


def _check_limit(user: User, saved: SavedMessage) -> None:
    pending = SavedMessage.objects.filter(user=user, remind_at__isnull=False).exclude(pk=saved.pk)
    if pending.count() >= MAX_REMINDERS:
        text = _("You can have at most %(most)s reminders. Cancel one of them first.")
        raise Invalid(text % {"most": number_format(MAX_REMINDERS)}, field="at")
