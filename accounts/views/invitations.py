"""Invitation links: made, listed, revoked, and followed."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts import actions
from accounts.forms.member import InvitationForm
from accounts.http import AuthenticatedHttpRequest
from accounts.models import Invitation, User
from accounts.registration import pending_invitation as carrying
from accounts.signals import room_names_requested

PAGE = 50


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def invitations(request: AuthenticatedHttpRequest) -> HttpResponse:
    room = request.GET.get("room", "")
    room = room if room.isdecimal() else ""
    form = InvitationForm(request.POST or None, initial={"room": room})
    if request.method == "POST" and form.is_valid():
        try:
            actions.create_invitation(by=request.user, **form.terms())
        except actions.NotAllowed as error:
            raise PermissionDenied from error
        messages.success(request, "Invite link created. Copy it and share it with the people you want to invite.")
        return redirect("accounts:invitations")
    page = _page(request)
    shown = {"form": form, "for_room": room, "page": page, "invitations": _listed(request, page)}
    return render(request, "accounts/invitations.html", shown)


@login_required
@require_POST
def revoke_invitation(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Other people's invitations are there for administrators only."""
    mine = Invitation.objects.all() if request.user.is_staff else request.user.invitations.all()
    actions.revoke_invitation(by=request.user, invitation=get_object_or_404(mine, pk=pk))
    messages.success(request, "Invite link revoked.")
    return redirect("accounts:invitations")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest, code: str) -> HttpResponse:
    """Leads a visitor to registering; somebody who is signed in may enter the invitation's room."""
    invitation = Invitation.objects.valid().select_related("created_by").filter(code=code).first()
    if invitation is None:
        return render(request, "accounts/invitation_expired.html", status=404)
    if not request.user.is_authenticated:
        carrying.carry(request, invitation)
        return redirect("account_signup")
    if request.method == "POST":
        return _accept(request, request.user, invitation)
    return render(request, "accounts/join.html", {"invitation": invitation})


def _accept(request: HttpRequest, user: User, invitation: Invitation) -> HttpResponse:
    try:
        actions.accept_invitation(user=user, invitation=invitation)
    except actions.InvitationSpent:
        return render(request, "accounts/invitation_expired.html", status=404)
    except actions.NothingToJoin:
        return render(request, "accounts/join.html", {"invitation": invitation, "leads_nowhere": True})
    return redirect("/")


def _page(request: AuthenticatedHttpRequest) -> Page:
    """The newest first: one's own, for administrators everybody's."""
    listed = Invitation.objects.select_related("created_by").order_by("-pk")
    if not request.user.is_staff:
        listed = listed.filter(created_by=request.user)
    return Paginator(listed, PAGE).get_page(request.GET.get("page"))


def _listed(request: AuthenticatedHttpRequest, page: Page) -> list[dict[str, object]]:
    """Each with its link, the name of its room, and whether it still lets somebody in."""
    shown = [invitation.pk for invitation in page]
    rooms = _room_names(request.user, [invitation.room_id for invitation in page if invitation.room_id])
    admitting = set(Invitation.objects.valid().filter(pk__in=shown).values_list("pk", flat=True))
    return [
        {
            "invitation": invitation,
            "link": request.build_absolute_uri(invitation.get_absolute_url()),
            "room": rooms.get(invitation.room_id),
            "is_open": invitation.pk in admitting,
        }
        for invitation in page
    ]


def _room_names(user: User, room_ids: list[int]) -> dict[int, str]:
    answers: list[tuple[Any, Any]] = []
    if room_ids:
        answers = room_names_requested.send(Invitation, user=user, room_ids=room_ids)
    return {pk: name for _, names in answers for pk, name in names.items()}
