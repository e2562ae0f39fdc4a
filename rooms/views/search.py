"""The people search, which fields and dialogs for choosing people use."""

from django.http import HttpResponse, JsonResponse
from django.utils.translation import gettext as _

from accounts.http import AuthenticatedHttpRequest, parse_number
from rooms.errors import Invalid
from rooms.models import Membership
from rooms.people_search import QUERY_LENGTH, search_members_first, search_people
from rooms.permissions import find_room
from rooms.responses import action_view
from rooms.search_limit import SearchLimit
from rooms.serializers import serialize_profile

MAX_EXCLUDED = 200

_limit = SearchLimit()


@action_view("GET")
def search(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Return people as JSON: ?q=WORDS&exclude=ID,ID.

    With ?room=ID, each has `is_member`; with `&members`, all are, and with `&members=first`, those come first.
    """
    _limit.check(request.user)
    query = request.GET.get("q", "")
    if len(query) > QUERY_LENGTH:
        raise Invalid(_("Use at most %(most)d characters.") % {"most": QUERY_LENGTH}, field="q")
    room_id, excluded = _room_id(request), _excluded(request)
    if room_id is not None and request.GET.get("members") == "first":
        people = search_members_first(request.user, query, room_id=room_id, exclude=excluded)
    else:
        members_of = room_id if "members" in request.GET else None
        people = search_people(request.user, query, exclude=excluded, members_of=members_of)
    found = [serialize_profile(person) for person in people]
    if room_id is not None:
        members = set(Membership.objects.filter(room=room_id, user__in=people).values_list("user", flat=True))
        found = [person | {"is_member": person["id"] in members} for person in found]
    return JsonResponse({"people": found})


def _room_id(request: AuthenticatedHttpRequest) -> int | None:
    """Return the id of a room whose members the user may see. Raises Invalid or NotFound."""
    if "room" not in request.GET:
        return None
    room_id = parse_number(request.GET["room"])
    if room_id is None:
        raise Invalid(_("Give the id of a room."), field="room")
    return find_room(request.user, room_id).pk


def _excluded(request: AuthenticatedHttpRequest) -> set[int]:
    values = [value for value in request.GET.get("exclude", "").split(",") if value]
    ids = {parse_number(value) for value in values[: MAX_EXCLUDED + 1]}
    if None in ids or len(values) > MAX_EXCLUDED:
        text = _("Give the ids of up to %(most)d people, separated by commas.")
        raise Invalid(text % {"most": MAX_EXCLUDED}, field="exclude")
    return {pk for pk in ids if pk is not None}
