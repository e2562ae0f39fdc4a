"""View for transferring a room's ownership: choosing the new owner, and confirming what changes."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.http import AuthenticatedHttpRequest
from rooms.errors import Forbidden, Refusal
from rooms.forms import TransferForm
from rooms.models import Room
from rooms.ownership import require_transferable, transfer_ownership
from rooms.permissions import get_named_room_or_404, permissions_in
from rooms.responses import action_view, is_program, respond


@action_view("GET", "POST")
def ownership(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """POST transfers the room if it has `confirmed`, and asks for a confirmation otherwise."""
    room = get_named_room_or_404(request.user, pk)
    membership = room.memberships.filter(user=request.user).first()
    require_transferable(room, membership)
    form = TransferForm(request.POST if request.method == "POST" else None, viewer=request.user, room=room)
    if form.is_valid() and (is_program(request) or "confirmed" in request.POST):
        try:
            return _transfer(request, room, form)
        except Forbidden:
            raise
        except Refusal as refusal:
            if is_program(request):
                raise
            form.refuse(refusal, field="user")
    if form.is_bound and is_program(request):
        raise form.refusal()
    others = room.memberships.exclude(user=request.user).exists()
    context = {"room": room, "form": form, "has_others": others, "permissions": permissions_in(room, request.user)}
    return render(request, "rooms/transfer.html", context)


def _transfer(request: AuthenticatedHttpRequest, room: Room, form: TransferForm) -> HttpResponse:
    person, role = form.cleaned_data["user"], form.cleaned_data["role"]
    transfer_ownership(actor=request.user, room=room, user=person, role=role)
    message = _("%(name)s is now an owner of %(room)s.") % {"name": person.name, "room": room.name}
    return respond(request, reverse("rooms:members", args=[room.pk]), message=message, user=person.pk, role=role)
