"""The view that lists who reacted to a message."""

from django.http import JsonResponse
from django.utils.translation import gettext as _

from accounts.http import AuthenticatedHttpRequest, parse_number
from messaging.errors import NO_MESSAGE
from messaging.models import Message
from messaging.reactions.people import first_people, more_people
from rooms.errors import Invalid, NotFound
from rooms.responses import action_view


@action_view("GET")
def reactions(request: AuthenticatedHttpRequest, pk: int) -> JsonResponse:
    """Return who reacted to a message: the first people of each emoji, or those of ?emoji= from ?offset= on."""
    viewer = request.user
    message = Message.objects.readable_by(viewer).seen_by(viewer).filter(pk=pk).only("pk", "reactions").first()
    if message is None:
        raise NotFound(NO_MESSAGE)
    if "emoji" not in request.GET:
        return JsonResponse({"reactions": first_people(message, viewer)})
    offset = parse_number(request.GET.get("offset", "0"))
    if offset is None:
        raise Invalid(_("Give a number of reactions to skip."), field="offset")
    return JsonResponse(more_people(message, viewer, request.GET["emoji"], offset))
