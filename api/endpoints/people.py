"""Endpoints for people, and for one's own profile."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from django.core.exceptions import ValidationError
from msgspec import UNSET, Meta, UnsetType

from accounts.actions import update_profile
from accounts.models import Scope, User
from accounts.profile.status import set_status
from api import schemas
from api.lookups import find_person, refusal_of
from api.routing import Group
from messaging.runtime.protocol import Id
from rooms import blocking
from rooms.people_search import QUERY_LENGTH, search_people
from rooms.permissions import find_room
from rooms.serializers import serialize_own_profile, serialize_profile

JSON = dict[str, Any]

group = Group("People")


class Nothing(msgspec.Struct):
    pass


class OnePerson(msgspec.Struct):
    user: Id


class SearchPeople(msgspec.Struct):
    q: Annotated[str, Meta(max_length=QUERY_LENGTH)] = ""
    room: Id | None = None


class UpdateProfile(msgspec.Struct):
    name: str | UnsetType = UNSET
    status: Literal["auto", "dnd", "invisible"] | UnsetType = UNSET
    status_text: str | UnsetType = UNSET
    status_until: datetime | UnsetType | None = UNSET


@group.endpoint("GET /me", scope=Scope.READ, returns=schemas.OwnProfile)
def show_own_profile(user: User, parameters: Nothing) -> JSON:
    """Show your own profile."""
    return serialize_own_profile(user)


@group.endpoint("PATCH /me", scope=Scope.WRITE, returns=schemas.OwnProfile)
def change_own_profile(user: User, parameters: UpdateProfile) -> JSON:
    """Change your display name or your status.

    Only what you give is changed. `status_until`: when the status message clears, or null if it stays.
    """
    try:
        if parameters.name is not UNSET:
            user = _rename(user, parameters.name)
        if any(value is not UNSET for value in (parameters.status, parameters.status_text, parameters.status_until)):
            user = set_status(
                user=user,
                status=_given(parameters.status, user.status),
                text=_given(parameters.status_text, user.current_status_text),
                until=_given(parameters.status_until, user.status_until),
                hides_last_seen=user.hides_last_seen,
            )
    except ValidationError as error:
        raise refusal_of(error, {"text": "status_text", "display_name": "name"}) from None
    return serialize_own_profile(user)


@group.endpoint("GET /people", scope=Scope.READ, returns=schemas.People)
def search(user: User, parameters: SearchPeople) -> JSON:
    """Search people by the beginnings of words in their names.

    Returns up to 20, the best matches first. `room`: search the members of this room only.
    """
    room_id = find_room(user, parameters.room).pk if parameters.room is not None else None
    found = search_people(user, parameters.q, members_of=room_id)
    return {"people": list(map(serialize_profile, found))}


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


def _rename(user: User, name: str) -> User:
    return update_profile(
        user=user,
        display_name=name,
        theme=user.theme,
        language=user.language,
        shows_room_events=user.shows_room_events,
    )


def _given(value: Any, otherwise: Any) -> Any:
    return otherwise if value is UNSET else value
