"""The checklist for the owner of a new site, which the chat page shows in the empty first room."""

from typing import NamedTuple

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.http import AuthenticatedHttpRequest
from accounts.models import Invitation, User, has_name, shows_first_steps
from accounts.site import end_first_steps
from rooms.models import Room


class Step(NamedTuple):
    label: str
    url: str
    is_done: bool


def has_first_steps(user: User) -> bool:
    """Return whether the user may have steps left, without a query."""
    return user.is_superuser and shows_first_steps()


@login_required
@never_cache
@require_http_methods(["GET", "DELETE"])
def first_steps(request: AuthenticatedHttpRequest) -> HttpResponse:
    """GET renders the steps as a fragment, or responds with no content if none is left. DELETE dismisses them."""
    user = request.user
    if not user.is_superuser:
        raise PermissionDenied
    steps = _steps(user) if has_first_steps(user) else []
    if request.method == "GET" and not all(step.is_done for step in steps):
        return render(request, "chat/_first_steps.html", {"steps": steps})
    if steps:
        end_first_steps(actor=user)
    return HttpResponse(status=204)


def _steps(user: User) -> list[Step]:
    invited = Invitation.objects.exists() or User.objects.filter(is_bot=False).exclude(pk=user.pk).exists()
    # No one created the room in which a site starts.
    created = Room.objects.named().filter(created_by__isnull=False).exists()
    return [
        Step(_("Name your site"), reverse("accounts:site_settings"), has_name()),
        Step(_("Invite people"), reverse("accounts:invitations"), invited),
        Step(_("Create a room"), reverse("rooms:new"), created),
    ]
