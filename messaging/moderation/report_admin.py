"""The admin's queue of reports, each of which is settled on a page with the message's context and author's history."""

from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.text import Truncator, capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.lifecycle import durations
from accounts.reporting import confirmation
from accounts.reporting.columns import person_column, tag, time_column, wide_column
from messaging.attachments.serializers import attachments_of, filenames_in
from messaging.history import journal
from messaging.models import Message, Report
from messaging.moderation import outcomes
from messaging.moderation.reports import reopen_report, settle_report
from rooms.admin import RefusableAdmin
from rooms.errors import Invalid, Refusal
from rooms.models import Ban, Membership
from rooms.permissions import permissions_in

CONTEXT = 5  # messages on either side
HISTORY = 20  # earlier reports about the author, and their bans


@admin.register(Report)
class ReportAdmin(RefusableAdmin):
    list_display = ("reported", "verdict", "author", "message_excerpt", "sender", "reason_excerpt")
    list_display_links = ("reported", "verdict", "message_excerpt")
    list_select_related = ("message__sender", "reporter")
    list_filter = ("state", "outcome", "created_at")
    search_fields = ("reason", "message__sender__username", "message__sender__display_name", "reporter__username")
    search_help_text = _("Search reasons, authors and reporters")
    ordering = ("-state", "created_at")  # open reports first, with the oldest at the top

    @admin.display(description=_("reported"), ordering="created_at")
    def reported(self, report: Report) -> str:
        return time_column(report.created_at)

    @admin.display(description=_("state"), ordering="state")
    def verdict(self, report: Report) -> str:
        return tag(_("Open"), "warning") if report.is_open else tag(capfirst(report.get_outcome_display()))

    @admin.display(description=_("author"))
    def author(self, report: Report) -> str:
        return person_column(report.message.sender)

    @admin.display(description=_("reported by"))
    def sender(self, report: Report) -> str:
        return person_column(report.reporter)

    @admin.display(description=_("message"))
    def message_excerpt(self, report: Report) -> str:
        message = report.message
        if message.deleted_at:
            return tag(gettext("Deleted"))
        return wide_column(Truncator(message.excerpt).chars(80) or filenames_in(message))

    @admin.display(description=_("reason"))
    def reason_excerpt(self, report: Report) -> str:
        return wide_column(Truncator(report.reason).chars(80))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Report | None = None) -> bool:
        return False

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._refusable(self._case_view, request, *args, **kwargs)

    def _case_view(self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any) -> HttpResponse:
        if object_id is None:
            raise PermissionDenied  # reports can't be added here
        report = self.get_object(request, object_id)
        if report is None or not self.has_view_permission(request, report):
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined]
        if request.method == "POST":
            return self._settle(request, report)
        context = {
            **self.admin_site.each_context(request),
            **case_context(report),
            "opts": self.opts,
            "title": gettext("Report %(number)s") % {"number": report.pk},
            "can_settle": self.has_change_permission(request, report),
            "can_ban": _can_ban(request, report.message),
        }
        return render(request, "admin/messaging/report/case.html", context)

    def _settle(self, request: HttpRequest, report: Report) -> HttpResponse:
        outcome, _separator, length = request.POST.get("outcome", "").partition(":")
        is_suspension = outcome == Report.Outcome.SUSPENDED
        if outcome not in Report.Outcome.values or (is_suspension and length not in durations.DURATIONS):
            raise Invalid(gettext("Choose an outcome from the list."), field="outcome")
        until = durations.end_time(length) if is_suspension else None
        deletes = outcome == Report.Outcome.DELETED or (
            outcome != Report.Outcome.DISMISSED and "delete" in request.POST and not report.message.deleted_at
        )
        if outcomes.needs_confirmation(outcome, deletes=deletes) and not confirmation.is_confirmed(request):
            return self._ask(request, report, outcome, until=until, deletes=deletes)
        was_active = report.message.sender.is_active
        settle_report(
            actor=request.user,  # type: ignore[arg-type]
            report=report,
            outcome=outcome,
            until=until,
            delete=deletes,
        )
        undo_url = "" if deletes else reverse("admin:messaging_report_reopening", args=[report.pk])
        fields = [("reinstate", "yes")] if is_suspension and was_active else []
        confirmation.succeed(request, outcomes.describe(report, outcome), undo_url=undo_url, fields=fields)
        return redirect("admin:messaging_report_changelist")

    def _ask(
        self, request: HttpRequest, report: Report, outcome: str, *, until: datetime | None, deletes: bool
    ) -> HttpResponse:
        title, button = outcomes.question(report, outcome)
        return confirmation.ask(
            request,
            title=title,
            effects=outcomes.effects(report, outcome, until=until, deletes=deletes),
            button=button,
            cancel_url=request.get_full_path(),
            fields=[("outcome", request.POST["outcome"]), *([("delete", "on")] if deletes else [])],
        )

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.reopening_view)
        return [path("<int:pk>/reopening/", view, name="messaging_report_reopening"), *super().get_urls()]

    def reopening_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        try:
            reopen_report(
                actor=request.user,  # type: ignore[arg-type]
                report=get_object_or_404(Report, pk=pk),
                reinstate_author="reinstate" in request.POST,
            )
        except Refusal as refusal:
            self.message_user(request, str(refusal.message), messages.ERROR)
        else:
            self.message_user(request, gettext("Report reopened."), messages.SUCCESS)
        return redirect("admin:messaging_report_change", pk)


def case_context(report: Report) -> dict[str, Any]:
    """Return a report's template context: the message in context, other reports of it, and the author's history."""
    message = Message.objects.select_related("sender", "room").get(pk=report.message_id)
    older = journal.before(message.room_id, message.seq, viewer=None, limit=CONTEXT)
    newer = journal.after(message.room_id, message.seq - 1, viewer=None, limit=CONTEXT + 1)
    return {
        "report": report,
        "message": message,
        "author": message.sender,
        "context": [(each, attachments_of(each)) for each in (*older.messages, *newer.messages)],
        "other_reports": Report.objects.filter(message=message).exclude(pk=report.pk).select_related("reporter"),
        "earlier_reports": _earlier(report, message),
        "bans": Ban.objects.filter(user=message.sender).select_related("room", "by").order_by("-pk")[:HISTORY],
        "suspensions": durations.choices("day", "week", "month", "good"),
    }


def _earlier(report: Report, message: Message) -> "QuerySet[Report]":
    """Return reports of the author's other messages."""
    of_author = Report.objects.filter(message__sender=message.sender).exclude(message=message)
    return of_author.select_related("message__room").order_by("-pk")[:HISTORY]


def _can_ban(request: HttpRequest, message: Message) -> bool:
    """Return whether the admin may ban the author on the room's page."""
    membership = Membership.objects.filter(room=message.room, user=message.sender).select_related("user").first()
    permissions = permissions_in(message.room, request.user)  # type: ignore[arg-type]
    return membership is not None and permissions.can_ban(membership)
