"""Views for the directory, the users online, a user's page and their avatar."""

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import get_object_or_404, render
from django.utils.http import quote_etag
from django.views.decorators.http import require_safe

from accounts import usernames
from accounts.directory import list_people
from accounts.forms.people import PeopleFilterForm
from accounts.http import AuthenticatedHttpRequest
from accounts.models import User
from accounts.presence.availability import availability, is_online
from accounts.registration.pending_invitation import pending_invitation

PAGE = 50


@require_safe
@login_required
def people(request: AuthenticatedHttpRequest) -> HttpResponse:
    """List the people. A filter that doesn't exist is ignored, and named in an error."""
    form = PeopleFilterForm(request.GET)
    form.is_valid()
    filters = {name: form.cleaned_data.get(name, "") for name in ("role", "active", "order")}
    query = form.cleaned_data["q"]
    found = list_people(request.user, query=query, **filters)
    page: Page = Paginator(found, PAGE).get_page(request.GET.get("page"))  # type: ignore[arg-type]
    return render(request, "accounts/people.html", {"page": page, "query": query, "form": form})


@require_safe
@login_required
def online(request: AuthenticatedHttpRequest) -> HttpResponse:
    return render(request, "accounts/online.html", {"page": _online_page(request)})


@require_safe
@login_required
def online_list(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Render the users online as a fragment for the chat page's dialog."""
    page = _online_page(request)
    return render(request, "accounts/_online.html", {"page": page, "more": page.paginator.count - page.end_index()})


@require_safe
@login_required
def person(request: AuthenticatedHttpRequest, username: str) -> HttpResponse:
    people = User.objects.filter(is_active=True).annotate(availability=availability(request.user))
    found = get_object_or_404(people, username_key=usernames.key(username))
    is_muted = request.user.mutes.filter(muted=found).exists()
    context = {"person": found, "is_blocked": found.pk in request.user.blocked_ids, "is_muted": is_muted}
    return render(request, "accounts/person.html", context)


@require_safe
def avatar(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a user's avatar. Each avatar has a new file name, so it serves as the ETag, and `?v=` URLs are immutable."""
    if not request.user.is_authenticated and not _is_invited_by(request, pk):
        raise Http404
    name = User.objects.filter(pk=pk).values_list("avatar", flat=True).first()
    if not name:
        raise Http404
    etag = quote_etag(name.rpartition("/")[2])
    if request.headers.get("If-None-Match") == etag:
        response: HttpResponse = HttpResponseNotModified()
    else:
        response = HttpResponse(content_type="image/webp")
        response["X-Accel-Redirect"] = f"{settings.MEDIA_INTERNAL}{name}"  # sent by the event loop or by nginx
    response["ETag"] = etag
    response["Cache-Control"] = "private, max-age=31536000, immutable" if "v" in request.GET else "private, no-cache"
    return response


def _online_page(request: AuthenticatedHttpRequest) -> Page:
    me = request.user
    seen = (
        User.objects.online()
        .filter(is_online(me))
        .exclude(pk__in=me.blocked_ids)
        .annotate(availability=availability(me))
    )
    return Paginator(seen.order_by("username_key"), PAGE).get_page(request.GET.get("page"))


def _is_invited_by(request: HttpRequest, pk: int) -> bool:
    """Return whether a visitor was invited by this user, whose avatar the sign-up page shows."""
    invitation = pending_invitation(request)
    return invitation is not None and invitation.created_by_id == pk
