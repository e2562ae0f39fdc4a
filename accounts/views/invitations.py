"""Views for creating, listing, revoking and accepting invitation links."""

import math
from io import BytesIO
from typing import Any

import segno
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import actions
from accounts.forms.member import InvitationForm
from accounts.http import AuthenticatedHttpRequest
from accounts.lifecycle.durations import describe
from accounts.models import Invitation, User
from accounts.registration.pending_invitation import set_pending_invitation
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
        except actions.TooManyInvitations as error:
            form.add_error(None, _limit_reached(*error.args))
        else:
            messages.success(
                request, _("Invite link created. Copy it and share it with the people you want to invite.")
            )
            return redirect("accounts:invitations")
    page = _page(request)
    context = {"form": form, "for_room": room, "page": page, "invitations": _rows(request, page)}
    return render(request, "accounts/invitations.html", context)


@login_required
@require_POST
def revoke_invitation(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Revoke an invitation. Only admins can revoke other users' invitations."""
    actions.revoke_invitation(by=request.user, invitation=get_object_or_404(_visible_to(request.user), pk=pk))
    messages.success(request, _("Invite link revoked."))
    return redirect("accounts:invitations")


@login_required
@never_cache
@require_safe
def qr_code(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Return the QR code of an invitation's link, dark on light in both themes, as scanners require."""
    invitation = get_object_or_404(_visible_to(request.user), pk=pk)
    image = BytesIO()
    code = segno.make_qr(request.build_absolute_uri(invitation.get_absolute_url()))
    code.save(image, kind="svg", scale=4, light="#fff")
    return HttpResponse(image.getvalue(), content_type="image/svg+xml")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest, code: str) -> HttpResponse:
    """Redirect visitors to the sign-up page, and let logged-in users join the invitation's room."""
    invitation = Invitation.objects.valid().select_related("created_by").filter(code=code).first()
    if invitation is None:
        return render(request, "accounts/invitation_expired.html", status=404)
    if not request.user.is_authenticated:
        set_pending_invitation(request, invitation)
        return redirect("account_signup")
    if request.method == "POST":
        return _accept(request, request.user, invitation)
    return render(request, "accounts/join.html", {"invitation": invitation})


def _accept(request: HttpRequest, user: User, invitation: Invitation) -> HttpResponse:
    try:
        actions.accept_invitation(user=user, invitation=invitation)
    except actions.InvitationExpired:
        return render(request, "accounts/invitation_expired.html", status=404)
    except actions.NothingToJoin:
        return render(request, "accounts/join.html", {"invitation": invitation, "nothing_to_join": True})
    return redirect("/")


def _limit_reached(wait: float) -> str:
    most = settings.CHAT_INVITES_PER_HOUR
    text = ngettext(
        "You can create %(most)d invite link per hour. Try again in %(time)s.",
        "You can create %(most)d invite links per hour. Try again in %(time)s.",
        most,
    )
    return text % {"most": most, "time": describe(math.ceil(wait / 60), "minute")}


def _visible_to(user: User) -> QuerySet[Invitation]:
    return Invitation.objects.all() if user.is_staff else Invitation.objects.filter(created_by=user)


def _page(request: AuthenticatedHttpRequest) -> Page:
    """Return a page of the user's invitations or, for admins, of all invitations, with the newest first."""
    invitations = _visible_to(request.user).select_related("created_by").order_by("-pk")
    return Paginator(invitations, PAGE).get_page(request.GET.get("page"))


def _rows(request: AuthenticatedHttpRequest, page: Page) -> list[dict[str, object]]:
    """Return the invitations with their links, room names and validity."""
    rooms = _room_names(request.user, [invitation.room_id for invitation in page if invitation.room_id])
    ids = [invitation.pk for invitation in page]
    valid = set(Invitation.objects.valid().filter(pk__in=ids).values_list("pk", flat=True))
    return [
        {
            "invitation": invitation,
            "link": request.build_absolute_uri(invitation.get_absolute_url()),
            "room": rooms.get(invitation.room_id),
            "is_open": invitation.pk in valid,
        }
        for invitation in page
    ]


def _room_names(user: User, room_ids: list[int]) -> dict[int, str]:
    responses: list[tuple[Any, Any]] = []
    if room_ids:
        responses = room_names_requested.send(Invitation, user=user, room_ids=room_ids)
    return {pk: name for receiver, names in responses for pk, name in names.items()}
