"""Views with which users report messages and see the outcomes."""

from django.core.paginator import Paginator
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render

from accounts.http import AuthenticatedHttpRequest
from messaging.models import Report
from messaging.moderation.reports import report_message
from rooms.responses import action_view

PAGE = 50
WARNINGS = 20


@action_view("POST")
def message_reports(request: AuthenticatedHttpRequest, pk: int) -> JsonResponse:
    """Report a message with a `reason`."""
    report = report_message(reporter=request.user, message_id=pk, reason=request.POST.get("reason", ""))
    return JsonResponse({"report": report.pk}, status=201)


@action_view("GET")
def reports(request: AuthenticatedHttpRequest) -> HttpResponse:
    """List the user's own reports and the warnings they received."""
    own = Report.objects.filter(reporter=request.user).select_related("message__sender", "message__room")
    page = Paginator(own.order_by("-created_at", "-pk"), PAGE).get_page(request.GET.get("page"))
    received = Report.objects.filter(message__sender=request.user, outcome=Report.Outcome.WARNED)
    fields = ("message__seq", "message__room", "message__room__name", "handled_at")
    warnings = received.order_by("-handled_at").values(*fields)
    context = {"page": page, "warnings": warnings.distinct()[:WARNINGS]}
    return render(request, "messaging/reports.html", context)
