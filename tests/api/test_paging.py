"""Lists are read to their end, page by page, while entries are added and removed: none is left out or listed twice."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from django.utils import timezone

from accounts.models import Block, Connection, GroupMember, Invitation, ServerProcess, User, UserGroup
from api import paging
from api.endpoints import router
from api.parameters import read_parameters
from api.routing import Endpoint
from live.envelope import encode
from messaging.models import Report
from rooms.errors import Invalid
from rooms.models import Ban, Membership, Room
from tests.factories import make_room, make_user, post

PAGE = 6
COUNT = 2 * PAGE + 3
ENDPOINTS: dict[str, Endpoint] = {each.name: each for each in router.endpoints}


class Place(NamedTuple):
    admin: User
    room: Room
    group: UserGroup


@pytest.fixture
def place(db, everyone, monkeypatch) -> Place:
    monkeypatch.setattr(paging, "PAGE", PAGE)
    admin = make_user("admin", is_staff=True, is_superuser=True)
    group = UserGroup.objects.create(name="ops", title="Operations", name_skeleton="ops")
    return Place(admin, make_room("Kitchen", owner=admin), group)


def add_person(place: Place, number: int) -> User:
    return make_user(f"p{number:03}")


def add_blocked(place: Place, number: int) -> Any:
    return Block.objects.create(blocker=place.admin, blocked=add_person(place, number))


def add_group(place: Place, number: int) -> Any:
    return UserGroup.objects.create(name=f"g{number:03}", title=f"Group {number // 2:03}", name_skeleton=f"g{number}")


def add_group_member(place: Place, number: int) -> Any:
    return GroupMember.objects.create(group=place.group, user=add_person(place, number))


def add_room(place: Place, number: int) -> Any:
    at = timezone.now() - timedelta(hours=number // 2) if number < COUNT // 2 else None
    return Room.objects.create(name=f"Room {number}", slug=f"room-{number}", kind="public", last_at=at)


def add_member(place: Place, number: int) -> Any:
    role = "owner" if number < PAGE - 2 else "moderator" if number < PAGE + 2 else "member"
    return Membership.objects.create(room=place.room, user=add_person(place, number), role=role)


def add_ban(place: Place, number: int) -> Any:
    return Ban.objects.create(room=place.room, user=add_person(place, number), by=place.admin)


def add_invite(place: Place, number: int) -> Any:
    return Invitation.objects.create(created_by=place.admin)


def add_report(place: Place, number: int) -> Any:
    message = post(place.room, place.admin, f"Message {number}")
    return Report.objects.create(message=message, reporter=place.admin, reason="Spam")


def add_connection(place: Place, number: int) -> Any:
    process, _is_new = ServerProcess.objects.get_or_create(host="here", pid=1)
    at = timezone.now() - timedelta(seconds=number // 2)
    return Connection.objects.create(user=place.admin, process=process, address="192.0.2.1", port=1, last_active_at=at)


LISTS: dict[str, tuple[Callable[[Place, int], Any], str]] = {
    "list_blocked_people": (add_blocked, "people"),
    "list_groups": (add_group, "groups"),
    "list_group_members": (add_group_member, "people"),
    "browse_rooms": (add_room, "rooms"),
    "list_members": (add_member, "members"),
    "list_bans": (add_ban, "bans"),
    "list_invites": (add_invite, "invites"),
    "list_all_invites": (add_invite, "invites"),
    "list_own_reports": (add_report, "reports"),
    "list_reports": (add_report, "reports"),
    "list_accounts": (add_person, "people"),
    "list_connections": (add_connection, "rows"),
}


def read(place: Place, name: str, **query: str) -> dict[str, Any]:
    endpoint = ENDPOINTS[name]
    path = {each: str(getattr(place, each).pk) for each in endpoint.path_names}
    text = "&".join(f"{field}={value}" for field, value in query.items())
    result = endpoint.function(place.admin, read_parameters(endpoint, path, text.encode(), b""))
    encode(result)
    return result


def cursor_of(name: str) -> str:
    return next(field.name for field in ENDPOINTS[name].fields if field.name in ("before", "after"))


def ids(found: list[dict[str, Any]]) -> list[Any]:
    return [each["person"]["id"] if "person" in each else each["id"] for each in found]


@pytest.mark.parametrize("name", LISTS)
def test_pages_fit_together_while_a_list_changes(place, name):
    add, entries = LISTS[name]
    added = [add(place, number) for number in range(COUNT)]
    everything = set(ids(read_all(place, name, entries)))
    page = read(place, name)
    seen = ids(page[entries])
    of_page = [each for each in added if key_of(each) in seen]
    of_page[0].delete()
    of_page[1].delete()
    add(place, COUNT)
    while page["next"]:
        page = read(place, name, **{cursor_of(name): page["next"]})
        seen += ids(page[entries])
    assert len(seen) == len(set(seen))
    assert everything <= set(seen)
    assert len(everything) >= COUNT


def read_all(place: Place, name: str, entries: str) -> list[dict[str, Any]]:
    page = read(place, name)
    found = list(page[entries])
    while page["next"]:
        page = read(place, name, **{cursor_of(name): page["next"]})
        assert len(page[entries]) <= PAGE
        found += page[entries]
    return found


def key_of(added: Any) -> Any:
    if isinstance(added, Block):
        return added.blocked_id
    if isinstance(added, Connection):
        return str(added.pk)
    return added.user_id if isinstance(added, GroupMember | Membership | Ban) else added.pk


def test_only_a_cursor_of_the_same_list_is_accepted(place):
    for number in range(PAGE + 1):
        add_group_member(place, number)
    cursor = read(place, "list_group_members")["next"]
    for value in (cursor[1:], cursor + "a", "nonsense", "WzFd:x", "a" * 5_000):
        with pytest.raises(Invalid) as raised:
            read(place, "list_group_members", after=value)
        assert raised.value.field == "after"
    with pytest.raises(Invalid):
        read(place, "list_members", after=cursor)


def test_an_unchanged_page_has_the_same_cursor(place):
    """So that its ETag stays."""
    for number in range(PAGE + 1):
        add_invite(place, number)
    assert read(place, "list_invites") == read(place, "list_invites")
