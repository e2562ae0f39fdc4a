"""Endpoints for rooms and conversations."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from accounts.models import Scope, User
from api import schemas
from api.idempotency import Idempotent
from api.lookups import find_people
from api.paging import Cursor, page_after
from api.routing import Group
from messaging.runtime.protocol import Id
from rooms import actions
from rooms.conversations import make_private_room, open_conversation
from rooms.models import Room
from rooms.moderation import LIMITS, limit_posting
from rooms.permissions import find_room
from rooms.queries import browsable
from rooms.serializers import serialize_room_for, serialize_room_with, serialize_rooms_for

JSON = dict[str, Any]
Visibility = Literal["public", "private"]

group = Group("Rooms")


class Nothing(msgspec.Struct):
    pass


class OneRoom(msgspec.Struct):
    room: Id


class BrowseRooms(msgspec.Struct):
    q: Annotated[str, Meta(max_length=80)] = ""
    show: Literal["", "joined", "archived"] = ""
    before: Cursor = ""


class CreateRoom(Idempotent):
    name: str
    kind: Visibility = "public"
    topic: str = ""


class UpdateRoom(msgspec.Struct):
    room: Id
    name: str | None = None
    topic: str | None = None
    kind: Visibility | None = None
    is_default: bool | None = None
    is_read_only: bool | None = None
    slow_seconds: int | None = None
    allows_agents: bool | None = None
    shows_link_previews: bool | None = None


class OpenConversation(msgspec.Struct):
    users: Annotated[list[Id], Meta(min_length=1, max_length=9)]


class ConvertConversation(msgspec.Struct):
    room: Id
    name: str


@group.endpoint("GET /rooms", scope=Scope.READ, returns=schemas.Rooms)
def list_rooms(user: User, parameters: Nothing) -> JSON:
    """List the rooms and conversations that you are in."""
    return {"rooms": serialize_rooms_for(user)}


@group.endpoint("GET /directory/rooms", scope=Scope.READ, returns=schemas.RoomPage)
def browse_rooms(user: User, parameters: BrowseRooms) -> JSON:
    """Browse the rooms that you can see, those with the latest activity first.

    `q`: words of their names. `show`: only those that you have `joined`, or that are `archived`. `before`: the
    `next` of the previous page; rooms in which someone posts meanwhile move to the first.
    """
    rooms = browsable(user, query=parameters.q, show=parameters.show)
    found, following = page_after(rooms, parameters.before, order=["-last_at", "-id"], field="before")
    memberships = {each.room_id: each for each in user.memberships.filter(room__in=found)}
    serialized = [serialize_room_with(user, room, memberships.get(room.pk)) for room in found]
    return {"rooms": serialized, "next": following}


@group.endpoint("GET /rooms/{room}", scope=Scope.READ, returns=schemas.Room)
def show_room(user: User, parameters: OneRoom) -> JSON:
    """Show a room."""
    return serialize_room_for(user, find_room(user, parameters.room))


@group.endpoint("POST /rooms", scope=Scope.WRITE, returns=schemas.Room, status=201)
def create_room(user: User, parameters: CreateRoom) -> JSON:
    """Create a room, whose owner you become.

    There is only one room of a name, so repeating the request doesn't create another one.
    """
    room = actions.create_room(owner=user, name=parameters.name, kind=parameters.kind, topic=parameters.topic)
    return serialize_room_for(user, room)


@group.endpoint("PATCH /rooms/{room}", scope=Scope.MODERATE, returns=schemas.Room)
def update_room(user: User, parameters: UpdateRoom) -> JSON:
    """Change a room's settings.

    Only those that you give are changed. `is_default`: new people join it automatically. `is_read_only`: only owners
    and moderators can post. `slow_seconds`: how long members have to wait between posts; 0 turns slow mode off.
    `allows_agents`: members' AI agents can post. `shows_link_previews`: new messages show previews of their links, if
    the site allows them.
    """
    room = find_room(user, parameters.room)
    settings = {name: getattr(parameters, name) for name in ("name", "topic", "kind", "is_default")}
    if any(value is not None for value in settings.values()):
        room = actions.update_room(actor=user, room=room, **settings)
    limits = {name: getattr(parameters, name) for name in LIMITS}
    if any(value is not None for value in limits.values()):
        room = limit_posting(actor=user, room=room, **limits)
    return serialize_room_for(user, room)


@group.endpoint("DELETE /rooms/{room}", scope=Scope.MODERATE)
def delete_room(user: User, parameters: OneRoom) -> None:
    """Permanently delete a room with all its messages and files."""
    actions.delete_room(actor=user, room=find_room(user, parameters.room))


@group.endpoint("PUT /rooms/{room}/archive", scope=Scope.MODERATE, returns=schemas.Room)
def archive_room(user: User, parameters: OneRoom) -> JSON:
    """Archive a room, which becomes read-only."""
    return serialize_room_for(user, actions.archive_room(actor=user, room=find_room(user, parameters.room)))


@group.endpoint("DELETE /rooms/{room}/archive", scope=Scope.MODERATE, returns=schemas.Room)
def unarchive_room(user: User, parameters: OneRoom) -> JSON:
    """Unarchive a room."""
    return serialize_room_for(user, actions.unarchive_room(actor=user, room=find_room(user, parameters.room)))


@group.endpoint("PUT /rooms/{room}/membership", scope=Scope.WRITE, returns=schemas.Room)
def join_room(user: User, parameters: OneRoom) -> JSON:
    """Join a public room."""
    room = find_room(user, parameters.room)
    actions.join_room(user=user, room=room)
    return serialize_room_for(user, Room.objects.get(pk=room.pk))


@group.endpoint("DELETE /rooms/{room}/membership", scope=Scope.WRITE)
def leave_room(user: User, parameters: OneRoom) -> None:
    """Leave a room."""
    actions.leave_room(user=user, room=find_room(user, parameters.room))


@group.endpoint("POST /conversations", scope=Scope.WRITE, returns=schemas.Room)
def open_direct_conversation(user: User, parameters: OpenConversation) -> JSON:
    """Open the conversation with one or several people.

    There is only one with the same people, which is created on first use.
    """
    room = open_conversation(user=user, others=find_people(parameters.users))
    return serialize_room_for(user, room)


@group.endpoint("POST /conversations/{room}/conversion", scope=Scope.WRITE, returns=schemas.Room)
def convert_conversation(user: User, parameters: ConvertConversation) -> JSON:
    """Make a group conversation a private room, with its history."""
    room = make_private_room(actor=user, room=find_room(user, parameters.room), name=parameters.name)
    return serialize_room_for(user, room)
