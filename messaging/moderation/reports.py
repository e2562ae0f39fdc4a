"""Actions on reports. A user reports a message, an admin settles the report, and both sides are notified."""

from datetime import datetime, timedelta

from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import audit
from accounts.audit import Kind
from accounts.lifecycle.suspension import reinstate, suspend
from accounts.models import User, site_name
from messaging.errors import NO_MESSAGE, Conflict, RateLimited
from messaging.history import events
from messaging.models import Message, Report
from messaging.posting.actions import delete_message
from messaging.posting.content import INVALID_CHARACTERS
from rooms.errors import Forbidden, Invalid, NotFound

REASON_LENGTH = 500
MAX_PER_HOUR = 10  # reports per user
HOUR = timedelta(hours=1)


def count_open_reports(user: User) -> int:
    """Return the number of open reports, or 0 for users who may not see them."""
    may = user.has_perm("messaging.view_report")
    return Report.objects.filter(state=Report.State.OPEN).count() if may else 0


@transaction.atomic
def report_message(*, reporter: User, message_id: int, reason: str) -> Report:
    """Report a message that the reporter may read to the admins, once and within the limit of MAX_PER_HOUR."""
    reason = _clean_reason(reason)
    message = Message.objects.readable_by(reporter).filter(pk=message_id).first()
    if message is None:
        raise NotFound(NO_MESSAGE)
    if message.sender_id == reporter.pk:
        raise Invalid(_("You can’t report your own message. You can delete it instead."), field="message")
    # Locked, so that a user's simultaneous reports are counted one by one.
    User.objects.select_for_update(no_key=True).get(pk=reporter.pk)
    if Report.objects.filter(message=message, reporter=reporter).exists():
        raise Invalid(_("You’ve already reported this message."), field="message")
    _check_rate(reporter)
    return Report.objects.create(message=message, reporter=reporter, reason=reason)


@transaction.atomic
def settle_report(
    *, actor: User, report: Report, outcome: str, until: datetime | None = None, delete: bool = False
) -> None:
    """Carry out the outcome and close all open reports of the same message with it.

    until: the end of a suspension, or None for a permanent one.
    delete: whether to delete the message as well.
    If another admin has already settled the report, raises Conflict and changes nothing.
    """
    if not actor.has_perm("messaging.change_report"):
        raise Forbidden(_("You don’t have permission to handle reports."))
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


@transaction.atomic
def reopen_report(*, actor: User, report: Report, reinstate_author: bool = False) -> None:
    """Undo a decision: reopen the report and all that were closed with it. Deletions and warnings can't be undone.

    reinstate_author: whether the decision suspended the author, which is then undone too.
    """
    if not actor.has_perm("messaging.change_report"):
        raise Forbidden(_("You don’t have permission to handle reports."))
    message = Message.objects.select_related("sender").get(pk=report.message_id)
    if message.deleted_at is not None:
        raise Conflict(_("The message has been deleted, so this report can’t be reopened."))
    together = Report.objects.filter(message=message, state=Report.State.HANDLED, handled_at=report.handled_at)
    if not together.update(state=Report.State.OPEN, outcome="", handled_by=None, handled_at=None):
        raise Conflict(_("This report is already open."))
    if reinstate_author and report.outcome == Report.Outcome.SUSPENDED:
        _check_may_suspend(actor, message.sender)
        reinstate(user=message.sender)
    audit.record(Kind.REPORT_REOPENED, actor=actor, target=message.sender, report=report.pk)


# -- helpers, in the order in which they are called ---------------------------------------------------


def _clean_reason(reason: str) -> str:
    reason = reason.strip()
    if not reason:
        raise Invalid(_("Enter a reason."), field="reason")
    if len(reason) > REASON_LENGTH:
        raise Invalid(_("Use at most %(limit)s characters.") % {"limit": REASON_LENGTH}, field="reason")
    if INVALID_CHARACTERS.search(reason):
        raise Invalid(_("The reason contains an invalid character."), field="reason")
    return reason


def _check_rate(reporter: User) -> None:
    since = timezone.now() - HOUR
    recent = Report.objects.filter(reporter=reporter, created_at__gt=since).order_by("-created_at")
    times = list(recent.values_list("created_at", flat=True)[:MAX_PER_HOUR])
    if len(times) == MAX_PER_HOUR:
        wait = (times[-1] - since).total_seconds()
        minutes = max(1, round(wait / 60))
        text = ngettext(
            "You’ve reached the report limit. Try again in %(count)s minute.",
            "You’ve reached the report limit. Try again in %(count)s minutes.",
            minutes,
        )
        raise RateLimited(text % {"count": minutes}, retry_after=wait)


def _warn(message: Message) -> None:
    events.announce_warning(message)
    author = message.sender
    if author.email:
        context = {"person": author, "room": message.room, "site_name": site_name()}
        with translation.override(author.preferred_language):
            subject = _("[%(site_name)s] You’ve received a warning") % {"site_name": site_name()}
            body = render_to_string("messaging/email/warning.txt", context)
        send_mail(subject, body, None, [author.email])


def _suspend(actor: User, author: User, until: datetime | None) -> None:
    _check_may_suspend(actor, author)
    suspend(user=author, until=until)


def _check_may_suspend(actor: User, author: User) -> None:
    if author.pk == actor.pk:
        raise Forbidden(_("You can’t suspend yourself."))
    if author.is_superuser and not actor.is_superuser:
        raise Forbidden(_("Only a superuser can suspend %(name)s.") % {"name": author.name})


def _close(actor: User, report: Report, outcome: str) -> list[Report]:
    """Close and return all open reports of the message. Raises Conflict unless this one is among them."""
    open_reports = Report.objects.filter(message=report.message_id, state=Report.State.OPEN).order_by("pk")
    closed = list(open_reports.select_for_update(of=("self",)).select_related("reporter"))
    if report.pk not in {each.pk for each in closed}:
        raise Conflict(_("This report has already been resolved."))
    now = timezone.now()
    for each in closed:
        each.state, each.outcome = Report.State.HANDLED, outcome
        each.handled_by, each.handled_at = actor, now
    Report.objects.bulk_update(closed, ["state", "outcome", "handled_by", "handled_at"])
    return closed
