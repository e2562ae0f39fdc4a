"""Views for a user's own list of rooms."""

from django.http import HttpResponse
from django.utils.translation import gettext as _

from accounts.http import AuthenticatedHttpRequest
from rooms.permissions import get_room_or_404
from rooms.responses import action_view, respond
from rooms.room_list import close_conversation, mark_seen, reopen_conversation, set_favorite


@action_view("POST", "DELETE")
def favorite(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """POST adds the room to the favorites, DELETE removes it."""
    room, is_favorite = get_room_or_404(request.user, pk), request.method == "POST"
    set_favorite(user=request.user, room=room, is_favorite=is_favorite)
    message = _("Added to your favorites.") if is_favorite else _("Removed from your favorites.")
    return respond(request, room, message=message, is_favorite=is_favorite)


@action_view("POST")
def seen(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Remove the "New" badge of a room."""
    mark_seen(user=request.user, room_id=get_room_or_404(request.user, pk).pk)
    return respond(request, "rooms:list", is_new=False)


@action_view("POST", "DELETE")
def closure(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """POST hides a conversation from the list until the next message, DELETE shows it again."""
    room, is_closing = get_room_or_404(request.user, pk), request.method == "POST"
    membership = (close_conversation if is_closing else reopen_conversation)(user=request.user, room=room)
    to = "rooms:list" if is_closing else room
    return respond(
        request, to, message=_("Conversation closed.") if is_closing else "", closed_seq=membership.closed_seq
    )
