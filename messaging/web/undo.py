"""Views for undoing what a moderator has just done, and for deletions that wait for that."""

from django.db import transaction
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.http import AuthenticatedHttpRequest
from messaging.moderation.held_deletions import hold_message_deletion, start_deletion, undo_deletion
from rooms.errors import NotFound
from rooms.permissions import get_named_room_or_404
from rooms.removals import undo_removal
from rooms.responses import action_view, respond


@action_view("POST")
def message_deletion(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Delete a message, unless its moderator undoes that."""
    held = hold_message_deletion(actor=request.user, message_id=pk)
    return respond(request, held.room, deletion=held.pk)


@action_view("POST", "DELETE")
def deletion(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """POST begins a deletion without waiting any longer, DELETE undoes it."""
    if request.method == "POST":
        return respond(request, "rooms:list", **start_deletion(actor=request.user, deletion_id=pk)._asdict())
    undo_deletion(actor=request.user, deletion_id=pk)
    message = _("The messages were not deleted.")
    return respond(request, "rooms:list", message=message, detail=message)


@action_view("DELETE")
def removal(request: AuthenticatedHttpRequest, pk: int, removal_pk: int) -> HttpResponse:
    """Undo a removal or a ban, and the deletion of the person's messages that was requested along with it."""
    room, deletion_id = get_named_room_or_404(request.user, pk), _number(request.GET.get("deletion", ""))
    with transaction.atomic():
        person = undo_removal(actor=request.user, room=room, removal_id=removal_pk)
        if deletion_id is not None:
            undo_deletion(actor=request.user, deletion_id=deletion_id)
    message = _("%(name)s’s membership of %(room)s is as it was before.") % {"name": person.name, "room": room.name}
    return respond(request, reverse("rooms:members", args=[room.pk]), message=message, detail=message)


def _number(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise NotFound
    return int(text)
