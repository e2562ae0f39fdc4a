"""Endpoints for the admins' queue of reports."""

from typing import Any, Literal

import msgspec
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Scope, User
from api import schemas
from api.lookups import require_permission
from api.paging import Cursor, page_after
from api.routing import Group
from api.schemas.inbox import Outcome
from messaging.models import Report
from messaging.moderation.reports import reopen_report, settle_report
from messaging.runtime.protocol import Id
from messaging.runtime.values import Time
from rooms.errors import Invalid, NotFound
from rooms.serializers import serialize_person, serialize_time

JSON = dict[str, Any]

group = Group("Reports")


class ListReports(msgspec.Struct):
    state: Literal["", "open", "handled"] = ""
    after: Cursor = ""


class OneReport(msgspec.Struct):
    report: Id


class Settle(msgspec.Struct):
    report: Id
    outcome: Outcome
    until: Time | None = None
    delete: bool = False


class Reopen(msgspec.Struct):
    report: Id
    reinstate: bool = False


@group.endpoint("GET /admin/reports", scope=Scope.ADMIN, returns=schemas.Reports)
def list_reports(user: User, parameters: ListReports) -> JSON:
    """List the reports: first those that are open, the oldest first.

    `after`: the `next` of the previous page.
    """
    require_permission(user, "messaging.view_report")
    found = _all()
    if parameters.state:
        found = found.filter(state=parameters.state)
    reports, following = page_after(found, parameters.after, order=["-state", "created_at", "pk"])
    return {"reports": list(map(_serialize, reports)), "next": following}


@group.endpoint("GET /admin/reports/{report}", scope=Scope.ADMIN, returns=schemas.ReportedMessage)
def show_report(user: User, parameters: OneReport) -> JSON:
    """Show a report, with the text of its message."""
    require_permission(user, "messaging.view_report")
    return _serialize(_find(parameters.report))


@group.endpoint("PUT /admin/reports/{report}/outcome", scope=Scope.ADMIN, returns=schemas.ReportedMessage)
def settle(user: User, parameters: Settle) -> JSON:
    """Resolve a report, and all other open reports of its message.

    `outcome`: `dismissed`, `deleted` (the message), `warned` or `suspended` (its author). `until`: when a suspension
    ends, or null. `delete`: whether to delete the message as well.
    """
    if parameters.until is not None and parameters.until <= timezone.now():
        raise Invalid(_("Choose a time in the future."), field="until")
    require_permission(user, "messaging.change_report")
    report = _find(parameters.report)
    deletes = parameters.delete and parameters.outcome != "dismissed"
    settle_report(actor=user, report=report, outcome=parameters.outcome, until=parameters.until, delete=deletes)
    return _serialize(_find(report.pk))


@group.endpoint("DELETE /admin/reports/{report}/outcome", scope=Scope.ADMIN, returns=schemas.ReportedMessage)
def reopen_settled(user: User, parameters: Reopen) -> JSON:
    """Reopen a report, and those that were resolved with it.

    `reinstate`: whether to undo the suspension of its author. Deletions and warnings can't be undone.
    """
    require_permission(user, "messaging.change_report")
    report = _find(parameters.report)
    reopen_report(actor=user, report=report, reinstate_author=parameters.reinstate)
    return _serialize(_find(report.pk))


def _all() -> Any:
    return Report.objects.select_related("message__sender", "reporter", "handled_by")


def _find(report_id: int) -> Report:
    report: Report | None = _all().filter(pk=report_id).first()
    if report is None:
        raise NotFound(_("Report not found."))
    return report


def _serialize(report: Report) -> JSON:
    message = report.message
    return {
        "id": report.pk,
        "message": message.pk,
        "room": message.room_id,
        "seq": message.seq,
        "author": serialize_person(message.sender),
        "body": None if message.deleted_at else message.body,
        "reporter": serialize_person(report.reporter),
        "reason": report.reason,
        "created_at": serialize_time(report.created_at),
        "state": report.state,
        "outcome": report.outcome or None,
        "handled_by": serialize_person(report.handled_by) if report.handled_by else None,
        "handled_at": serialize_time(report.handled_at),
    }
