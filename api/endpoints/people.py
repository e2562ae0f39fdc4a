"""Endpoints for people."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from accounts.directory import list_people
from accounts.models import Scope, User
from api import schemas
from api.lookups import find_person
from api.paging import page_of
from api.routing import Group
from messaging.runtime.protocol import Id
from rooms import blocking
from rooms.people_search import QUERY_LENGTH, search_people
from rooms.permissions import find_room
from rooms.serializers import serialize_profile

JSON = dict[str, Any]

group = Group("People")


class OnePerson(msgspec.Struct):
    user: Id


class SearchPeople(msgspec.Struct):
    q: Annotated[str, Meta(max_length=QUERY_LENGTH)] = ""
    room: Id | None = None


class BrowsePeople(msgspec.Struct):
    q: Annotated[str, Meta(max_length=QUERY_LENGTH)] = ""
    role: Literal["", "admins"] = ""
    active: Literal["", "now", "today", "week", "inactive"] = ""
    order: Literal["", "activity"] = ""
    page: Annotated[int, Meta(ge=1, le=10_000)] = 1


@group.endpoint("GET /people", scope=Scope.READ, returns=schemas.People)
def search(user: User, parameters: SearchPeople) -> JSON:
    """Search people by the beginnings of words in their names.

    Returns up to 20, the best matches first. `room`: search the members of this room only.
    """
    room_id = find_room(user, parameters.room).pk if parameters.room is not None else None
    found = search_people(user, parameters.q, members_of=room_id)
    return {"people": list(map(serialize_profile, found))}


@group.endpoint("GET /directory/people", scope=Scope.READ, returns=schemas.Directory)
def browse_people(user: User, parameters: BrowsePeople) -> JSON:
    """Browse everyone on the site, with their availability.

    `q`: words of their names. `role`: only `admins`. `active`: only those who are active `now`, `today`, in the last
    `week`, or `inactive` for a month. `order`: by name, or by latest `activity`.
    """
    people = list_people(
        user, query=parameters.q, role=parameters.role, active=parameters.active, order=parameters.order
    )
    found, following = page_of(people, parameters.page)
    return {"people": list(map(_serialize_in_directory, found)), "next": following}


@group.endpoint("GET /people/{user}", scope=Scope.READ, returns=schemas.Profile)
def show_person(user: User, parameters: OnePerson) -> JSON:
    """Show a person's profile."""
    return serialize_profile(find_person(parameters.user))


@group.endpoint("PUT /people/{user}/block", scope=Scope.WRITE)
def block(user: User, parameters: OnePerson) -> None:
    """Block someone.

    You no longer see their messages, and neither of you can send the other direct messages. They aren't notified.
    """
    blocking.block_person(user=user, other=find_person(parameters.user))


@group.endpoint("DELETE /people/{user}/block", scope=Scope.WRITE)
def unblock(user: User, parameters: OnePerson) -> None:
    """Unblock someone."""
    blocking.unblock_person(user=user, other=find_person(parameters.user))


@group.endpoint("PUT /people/{user}/mute", scope=Scope.WRITE)
def mute(user: User, parameters: OnePerson) -> None:
    """Mute someone, whose messages no longer count as unread."""
    blocking.mute_person(user=user, other=find_person(parameters.user), muted=True)


@group.endpoint("DELETE /people/{user}/mute", scope=Scope.WRITE)
def unmute(user: User, parameters: OnePerson) -> None:
    """Unmute someone."""
    blocking.mute_person(user=user, other=find_person(parameters.user), muted=False)


def _serialize_in_directory(person: Any) -> JSON:
    return serialize_profile(person) | {"availability": person.availability}
