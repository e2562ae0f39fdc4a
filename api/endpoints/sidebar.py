"""Endpoints for one's own list of rooms: sections, favorites, muted and closed rooms, and cleared history."""

from typing import Any

import msgspec
from django.utils.translation import gettext as _
from msgspec import UNSET, UnsetType

from accounts.models import Scope, User
from api import schemas
from api.idempotency import Idempotent
from api.routing import Group
from messaging.posting.actions import clear_history
from messaging.runtime.protocol import Id
from rooms import blocking, sections
from rooms.errors import Invalid
from rooms.models import RoomSection
from rooms.permissions import find_room
from rooms.room_list import close_conversation, mark_seen, reopen_conversation, set_favorite
from rooms.rows import read_sections

JSON = dict[str, Any]

group = Group("Sidebar")


class Nothing(msgspec.Struct):
    pass


class OneRoom(msgspec.Struct):
    room: Id


class CreateSection(Idempotent):
    name: str


class OneSection(msgspec.Struct):
    section: Id


class ChangeSection(msgspec.Struct):
    section: Id
    name: str | UnsetType = UNSET
    position: Id | UnsetType = UNSET


class MoveRoom(msgspec.Struct):
    room: Id
    section: Id | None = None
    name: str | None = None


@group.endpoint("GET /sections", scope=Scope.READ, returns=schemas.Sections)
def list_sections(user: User, parameters: Nothing) -> JSON:
    """List your own sections of the sidebar, in their order."""
    return {"sections": read_sections([user.pk]).get(user.pk, [])}


@group.endpoint("POST /sections", scope=Scope.WRITE, returns=schemas.Section, status=201)
def create_section(user: User, parameters: CreateSection) -> JSON:
    """Create a section below the others.

    There is only one section of a name, so repeating the request doesn't create another one.
    """
    return _serialize(sections.create_section(user=user, name=parameters.name))


@group.endpoint("PATCH /sections/{section}", scope=Scope.WRITE, returns=schemas.Sections)
def change_section(user: User, parameters: ChangeSection) -> JSON:
    """Rename a section, or move it.

    `position`: its place among your sections, counted from 1. Returns all of them in their new order.
    """
    if parameters.name is not UNSET:
        sections.rename_section(user=user, section_id=parameters.section, name=parameters.name)
    if parameters.position is not UNSET:
        sections.reorder_section(user=user, section_id=parameters.section, position=parameters.position)
    return list_sections(user, Nothing())


@group.endpoint("DELETE /sections/{section}", scope=Scope.WRITE)
def delete_section(user: User, parameters: OneSection) -> None:
    """Delete a section. Its rooms stay in your list."""
    sections.delete_section(user=user, section_id=parameters.section)


@group.endpoint("PUT /rooms/{room}/section", scope=Scope.WRITE, returns=schemas.Section)
def move_room(user: User, parameters: MoveRoom) -> JSON:
    """Move a room to a section.

    Give the id of a `section`, or a `name`: if you have no section with it, it is created. The room is no longer a
    favorite.
    """
    if (parameters.section is None) == (parameters.name is None):
        raise Invalid(_("Give either the section’s id or a name."), field="section")
    room = find_room(user, parameters.room)
    moved_to = sections.move_to_section(user=user, room=room, section_id=parameters.section, name=parameters.name or "")
    return _serialize(moved_to)


@group.endpoint("DELETE /rooms/{room}/section", scope=Scope.WRITE)
def remove_room_from_section(user: User, parameters: OneRoom) -> None:
    """Remove a room from its section."""
    sections.remove_from_section(user=user, room=find_room(user, parameters.room))


@group.endpoint("PUT /rooms/{room}/favorite", scope=Scope.WRITE)
def add_favorite(user: User, parameters: OneRoom) -> None:
    """Add a room to your favorites."""
    set_favorite(user=user, room=find_room(user, parameters.room), is_favorite=True)


@group.endpoint("DELETE /rooms/{room}/favorite", scope=Scope.WRITE)
def remove_favorite(user: User, parameters: OneRoom) -> None:
    """Remove a room from your favorites."""
    set_favorite(user=user, room=find_room(user, parameters.room), is_favorite=False)


@group.endpoint("PUT /rooms/{room}/mute", scope=Scope.WRITE)
def mute_room(user: User, parameters: OneRoom) -> None:
    """Mute a room: of its messages, only those that mention you count as unread."""
    blocking.mute_room(user=user, room=find_room(user, parameters.room), muted=True)


@group.endpoint("DELETE /rooms/{room}/mute", scope=Scope.WRITE)
def unmute_room(user: User, parameters: OneRoom) -> None:
    """Unmute a room."""
    blocking.mute_room(user=user, room=find_room(user, parameters.room), muted=False)


@group.endpoint("PUT /rooms/{room}/closure", scope=Scope.WRITE)
def close(user: User, parameters: OneRoom) -> None:
    """Close a conversation: mark it as read, and hide it from your list until someone posts a message."""
    close_conversation(user=user, room=find_room(user, parameters.room))


@group.endpoint("DELETE /rooms/{room}/closure", scope=Scope.WRITE)
def reopen(user: User, parameters: OneRoom) -> None:
    """Show a closed conversation in your list again."""
    reopen_conversation(user=user, room=find_room(user, parameters.room))


@group.endpoint("PUT /rooms/{room}/seen", scope=Scope.WRITE)
def see_room(user: User, parameters: OneRoom) -> None:
    """Remove the badge of a room that someone else added you to."""
    mark_seen(user=user, room_id=find_room(user, parameters.room).pk)


@group.endpoint("DELETE /rooms/{room}/history", scope=Scope.WRITE, returns=schemas.ClearedHistory)
def clear_own_history(user: User, parameters: OneRoom) -> JSON:
    """Hide a room's present messages, from you only."""
    return {"cleared_seq": clear_history(user=user, room_id=find_room(user, parameters.room).pk)}


def _serialize(section: RoomSection) -> JSON:
    return {"id": section.pk, "name": section.name}
