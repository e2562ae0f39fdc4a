"""Texts about a report's outcome: what it will do, before an admin confirms it, and what it has done."""

from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from messaging.models import Report


def needs_confirmation(outcome: str, *, deletes: bool) -> bool:
    return deletes or outcome in (Report.Outcome.DELETED, Report.Outcome.SUSPENDED)


def question(report: Report, outcome: str) -> tuple[str, str]:
    """Return the title of the question and the text of its button."""
    name = report.message.sender.name
    return {
        Report.Outcome.DELETED: (_("Delete this message?"), _("Delete message")),
        Report.Outcome.WARNED: (
            _("Warn %(name)s and delete the message?") % {"name": name},
            _("Warn author and delete message"),
        ),
        Report.Outcome.SUSPENDED: (_("Suspend %(name)s?") % {"name": name}, _("Suspend author")),
    }[Report.Outcome(outcome)]


def effects(report: Report, outcome: str, *, until: datetime | None, deletes: bool) -> list[str]:
    """Return what the outcome will do, and what can be undone."""
    name = report.message.sender.name
    lines = []
    if outcome == Report.Outcome.SUSPENDED and until is None:
        text = _("%(name)s will be logged out everywhere and can’t log in until an admin reinstates them.")
        lines.append(text % {"name": name})
    elif outcome == Report.Outcome.SUSPENDED:
        text = _("%(name)s will be logged out everywhere. Until %(date)s, they can’t log in.")
        lines.append(text % {"name": name, "date": date_format(timezone.localtime(until), "DATETIME_FORMAT")})
    elif outcome == Report.Outcome.WARNED:
        lines.append(_("%(name)s will be warned in the app, and by email if they have an address.") % {"name": name})
    if deletes:
        lines.append(_("The message and its files will be deleted for everyone. This can’t be undone."))
        lines.append(_("Copies of it that were forwarded to other rooms stay, with their files."))
    elif outcome == Report.Outcome.SUSPENDED:
        lines += [_("Their messages and files stay."), _("You can undo this.")]
    lines.append(_("Everyone who reported the message will be told the outcome."))
    return lines


def describe(report: Report, outcome: str) -> str:
    """Describe the action taken and how the author was notified."""
    author = report.message.sender
    if author.email:
        warned = _("%(name)s has been warned in the app and by email.")
    else:
        warned = _("%(name)s has been warned in the app.")
    return {
        Report.Outcome.DISMISSED: _("Report dismissed."),
        Report.Outcome.DELETED: _("Message deleted."),
        Report.Outcome.WARNED: warned % {"name": author.name},
        Report.Outcome.SUSPENDED: _("%(name)s has been suspended and disconnected.") % {"name": author.name},
    }[Report.Outcome(outcome)]
