"""The page with the messages that mention the user."""

from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.http import AuthenticatedHttpRequest, parse_number
from messaging.history.mentions import MentionsPage, mentions_of
from messaging.web.results import Result, make_results, mention_spellings
from rooms.errors import Invalid
from rooms.responses import action_view
from rooms.serializers import find_unread_mentions


@action_view("GET")
def mentions_page(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Render a page of mentions: ?before=ID, where ID is that of the last page's oldest message."""
    text = request.GET.get("before", "")
    before = parse_number(text)
    if text and before is None:
        error = Invalid(_("Give the id of the last message of the previous page."), field="before")
        return render(request, "messaging/mentions.html", {"error": error.message}, status=400)
    page = mentions_of(request.user, before=before)
    context: dict[str, Any] = {"days": _days(request, page), "is_continued": before is not None}
    if page.next is not None:
        context["more"] = "?" + urlencode({"before": page.next})
    return render(request, "messaging/mentions.html", context)


def _days(request: AuthenticatedHttpRequest, page: MentionsPage) -> list[list[Result]]:
    """Return the mentions in one group for each day."""
    user = request.user
    unread = find_unread_mentions([user.pk])
    spellings = [mention_spellings(message, user.pk) for message in page.messages]
    results = [
        result._replace(is_unread=result.message.seq in unread.get((user.pk, result.message.room_id), ()))
        for result in make_results(user, page.messages, spellings)
    ]
    days = groupby(results, key=lambda result: timezone.localdate(result.message.created_at))
    return [list(day) for _date, day in days]
