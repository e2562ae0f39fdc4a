"""Views of followed threads: the page with all of them, and following and unfollowing one."""

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.http import AuthenticatedHttpRequest, parse_number
from messaging.history.followed_threads import find_followed, read_followed
from messaging.threads.actions import follow_thread, unfollow_thread
from messaging.web.change_limit import check_change_limit
from messaging.web.results import make_results
from rooms.errors import Invalid
from rooms.responses import action_view, respond


@action_view("GET")
def threads_page(request: AuthenticatedHttpRequest) -> HttpResponse:
    """List the threads that the user follows, those with the newest replies first. ?before=ID continues."""
    text = request.GET.get("before", "")
    before = parse_number(text)
    if text and before is None:
        raise Invalid(_("Follow the link “Load more” of the previous page."), field="before")
    page = read_followed(request.user, before=before)
    results = make_results(request.user, [each.root for each in page.threads], [()] * len(page.threads))
    context = {
        "entries": list(zip(page.threads, results, strict=True)),
        "more": page.next,
        "is_continued": before is not None,
    }
    return render(request, "messaging/threads.html", context)


@action_view("GET")
def unread_threads(request: AuthenticatedHttpRequest) -> JsonResponse:
    """Return the threads that the user follows, as in the `welcome`, after messages were marked as unread."""
    return JsonResponse(find_followed([request.user.pk])[request.user.pk])


@action_view("POST", "DELETE")
def thread_follow(request: AuthenticatedHttpRequest, pk: int, root: int) -> HttpResponse:
    """POST follows a thread, DELETE unfollows it."""
    check_change_limit(request)
    change = follow_thread if request.method == "POST" else unfollow_thread
    change(user=request.user, room_id=pk, thread_id=root)
    return respond(request, reverse("messaging:thread", args=[pk, root]), is_followed=request.method == "POST")
