"""The verbs of reports: somebody reports a message, an administrator settles it, those concerned hear of it."""

import logging
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone

from accounts import audit
from accounts.audit import Kind
from accounts.lifecycle.suspension import suspend
from accounts.models import User
from messaging.errors import Conflict, RateLimited
from messaging.history import events
from messaging.models import Message, Report
from messaging.posting.actions import delete_message
from rooms.errors import Forbidden, Invalid, NotFound
from rooms.models import Membership, Room

logger = logging.getLogger(__name__)

REASON_LENGTH = 500
HOURLY = 10  # reports of one person
HOUR = timedelta(hours=1)


@transaction.atomic
def report_message(*, reporter: User, message_id: int, reason: str) -> Report:
    """Put a message that this person sees before the administrators; once, and ten an hour."""
    reason = _clean_reason(reason)
    message = _seen(reporter, message_id)
    if message.sender_id == reporter.pk:
        raise Invalid("You can’t report your own message. You can delete it instead.", field="message")
    # Held, so that what one person reports at once is counted one after the other.
    User.objects.select_for_update(no_key=True).get(pk=reporter.pk)
    if Report.objects.filter(message=message, reporter=reporter).exists():
        raise Invalid("You’ve already reported this message.", field="message")
    _check_rate(reporter)
    return Report.objects.create(message=message, reporter=reporter, reason=reason)


@transaction.atomic
def settle_report(
    *, actor: User, report: Report, outcome: str, until: datetime | None = None, delete: bool = False
) -> None:
    """Do what the outcome says, and close all open reports of the same message with it.

    `until`: the end of a suspension, None for good. `delete`: the message goes too.
    Raises Conflict where somebody settled it meanwhile; then nothing was done.
    """
    if not actor.has_perm("messaging.change_report"):
        raise Forbidden("You don’t have permission to handle reports.")
    message = Message.objects.select_related("sender", "room").get(pk=report.message_id)
    if message.deleted_at is None and (delete or outcome == Report.Outcome.DELETED):
        delete_message(actor=None, message_id=message.pk)
    if outcome == Report.Outcome.WARNED:
        _warn(message)
    elif outcome == Report.Outcome.SUSPENDED:
        _suspend(actor, message.sender, until)
    audit.record(Kind.REPORT_RESOLVED, actor=actor, target=message.sender, report=report.pk, outcome=outcome)
    for each in _close(actor, report, outcome):
        events.announce_settled(each)


# -- helpers, in the order in which they are called ---------------------------------------------------


def _clean_reason(reason: str) -> str:
    reason = reason.strip()
    if not reason:
        raise Invalid("Enter a reason.", field="reason")
    if len(reason) > REASON_LENGTH:
        raise Invalid(f"At most {REASON_LENGTH} characters.", field="reason")
    if "\0" in reason:
        raise Invalid("It holds a character that is no text.", field="reason")
    return reason


def _seen(reporter: User, message_id: int) -> Message:
    message = Message.objects.seen_by(reporter).filter(pk=message_id, deleted_at__isnull=True).first()
    if message is None or not Room.objects.visible_to(reporter).filter(pk=message.room_id).exists():
        raise NotFound("Message not found.")
    cleared = Membership.objects.filter(user=reporter, room=message.room_id, cleared_seq__gte=message.seq)
    if cleared.exists():
        raise NotFound("Message not found.")
    return message


def _check_rate(reporter: User) -> None:
    since = timezone.now() - HOUR
    recent = Report.objects.filter(reporter=reporter, created_at__gt=since).order_by("-created_at")
    times = list(recent.values_list("created_at", flat=True)[:HOURLY])
    if len(times) == HOURLY:
        wait = (times[-1] - since).total_seconds()
        raise RateLimited(
            f"You’ve reached the report limit. Try again in {max(1, round(wait / 60))} minutes.",
            retry_after=round(wait, 1),
        )


def _warn(message: Message) -> None:
    events.announce_warning(message)
    author = message.sender
    if author.email:
        words = {"person": author, "room": message.room, "site_name": settings.SITE_NAME}
        body = render_to_string("messaging/email/warning.txt", words)
        transaction.on_commit(partial(_send, author, f"[{settings.SITE_NAME}] A warning", body))


def _send(author: User, subject: str, body: str) -> None:
    try:
        send_mail(subject, body, None, [author.email])
    except OSError:
        logger.exception("the warning of user %d could not be sent by e-mail", author.pk)


def _suspend(actor: User, author: User, until: datetime | None) -> None:
    if author.pk == actor.pk:
        raise Forbidden("You can’t suspend yourself.")
    if author.is_superuser and not actor.is_superuser:
        raise Forbidden(f"Only a superuser can suspend {author.name}.")
    suspend(user=author, until=until)


def _close(actor: User, report: Report, outcome: str) -> list[Report]:
    """All open reports of the message, closed; this one must be among them."""
    alike = Report.objects.select_for_update().filter(message=report.message_id, state=Report.State.OPEN)
    closed = list(alike.order_by("pk"))
    if report.pk not in {each.pk for each in closed}:
        raise Conflict("This report has already been resolved.")
    for each in closed:
        each.state, each.outcome = Report.State.HANDLED, outcome
        each.handled_by, each.handled_at = actor, timezone.now()
    Report.objects.bulk_update(closed, ["state", "outcome", "handled_by", "handled_at"])
    return closed
