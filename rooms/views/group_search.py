"""The search for groups, which completion and the quick switcher use, and the number of people whom groups reach."""

from django.http import HttpResponse, JsonResponse
from django.utils.translation import gettext as _

from accounts import usernames
from accounts.http import AuthenticatedHttpRequest, parse_number
from accounts.models import GroupMember, UserGroup
from rooms.errors import Invalid
from rooms.models import Room
from rooms.permissions import find_room
from rooms.responses import action_view
from rooms.search_limit import SearchLimit

LIMIT = 10
QUERY_LENGTH = 80
MAX_NAMES = 50

_limit, _reach_limit = SearchLimit(), SearchLimit()


@action_view("GET")
def search(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Return groups as JSON: ?q=WORDS. With ?room=ID, the members in this room are counted."""
    _limit.check(request.user)
    query = request.GET.get("q", "").strip()
    if len(query) > QUERY_LENGTH:
        raise Invalid(_("Use at most %(most)d characters.") % {"most": QUERY_LENGTH}, field="q")
    room = _room(request) if "room" in request.GET else None
    groups = list(UserGroup.objects.matching(query).order_by("title", "name_key")[:LIMIT])
    members = GroupMember.objects.filter(group__in=groups).visible_to(request.user)
    sizes = (members.filter(user__memberships__room=room) if room else members).sizes()
    return JsonResponse({"groups": [_serialize(group, sizes.get(group.pk, 0)) for group in groups]})


@action_view("GET")
def reach(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Return {"reached"}: how many others are in a room and in the groups with these names: ?room=ID&name=NAME&name=…

    Those who block the user count, since no one is to know that they do.
    """
    _reach_limit.check(request.user)
    room, keys = _room(request), [usernames.key(name) for name in request.GET.getlist("name")[:MAX_NAMES]]
    members = GroupMember.objects.filter(group__name_key__in=keys, user__is_active=True)
    others = members.filter(user__memberships__room=room).exclude(user=request.user)
    return JsonResponse({"reached": others.values("user").distinct().count()})


def _room(request: AuthenticatedHttpRequest) -> Room:
    """Return a room that the user may see. Raises Invalid or NotFound."""
    room_id = parse_number(request.GET.get("room", ""))
    if room_id is None:
        raise Invalid(_("Give the id of a room."), field="room")
    return find_room(request.user, room_id)


def _serialize(group: UserGroup, size: int) -> dict[str, object]:
    return {
        "id": group.pk,
        "name": group.name,
        "title": group.title,
        "people": size,
        "url": group.get_absolute_url(),
    }
