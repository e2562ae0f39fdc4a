"""Endpoints for the members of rooms, and for bans."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from accounts.models import Scope, User
from api import schemas
from api.lookups import find_author, find_named_room, find_people, find_person
from api.paging import Cursor, page_after
from api.routing import Group
from messaging.moderation.bulk_delete import delete_messages_of, start_of
from messaging.runtime.protocol import Id
from messaging.runtime.values import Time
from rooms import actions, moderation
from rooms.additions import add_members
from rooms.models import Ban, Membership
from rooms.ownership import transfer_ownership
from rooms.permissions import permissions_in, require_moderator
from rooms.queries import bans_in, members_of
from rooms.serializers import serialize_person, serialize_profile, serialize_time

JSON = dict[str, Any]

group = Group("Members")


class ListMembers(msgspec.Struct):
    room: Id
    q: Annotated[str, Meta(max_length=80)] = ""
    after: Cursor = ""


class AddMembers(msgspec.Struct):
    room: Id
    users: Annotated[list[Id], Meta(min_length=1, max_length=50)]


class OneMember(msgspec.Struct):
    room: Id
    user: Id


class ChangeRole(msgspec.Struct):
    room: Id
    user: Id
    role: str


class BanMember(msgspec.Struct):
    room: Id
    user: Id
    reason: str = ""
    until: Time | None = None


class Transfer(msgspec.Struct):
    room: Id
    user: Id
    role: Literal["moderator", "member"] = "moderator"


class DeleteMessages(msgspec.Struct):
    room: Id
    user: Id
    span: Literal["hour", "day", "all"]


class ListBans(msgspec.Struct):
    room: Id
    before: Cursor = ""


@group.endpoint("GET /rooms/{room}/members", scope=Scope.READ, returns=schemas.Members)
def list_members(user: User, parameters: ListMembers) -> JSON:
    """List a room's members, owners first.

    `q`: words of their names. `after`: the `next` of the previous page.
    """
    room = find_named_room(user, parameters.room)
    can_moderate = permissions_in(room, user).can_moderate
    found = members_of(room, viewer=user, includes_blocked=can_moderate, query=parameters.q)
    members, following = page_after(found, parameters.after, order=["rank", "user__username_key"])
    return {"members": list(map(_serialize_member, members)), "next": following}


@group.endpoint("POST /rooms/{room}/members", scope=Scope.WRITE, returns=schemas.Additions)
def add_people(user: User, parameters: AddMembers) -> JSON:
    """Add people to a room.

    Those who can't be added are in `refused`, with the reason.
    """
    additions = add_members(
        actor=user, room=find_named_room(user, parameters.room), people=find_people(parameters.users)
    )
    present = [person.pk for person in (*additions.added, *additions.present)]
    refused = [{"user": person.pk, **refusal.as_data()} for person, refusal in additions.refused]
    return {"users": present, "refused": refused}


@group.endpoint("PATCH /rooms/{room}/members/{user}", scope=Scope.MODERATE, returns=schemas.Member)
def change_role(user: User, parameters: ChangeRole) -> JSON:
    """Change a member's role.

    `role`: `owner`, `moderator` or `member`.
    """
    room, person = find_named_room(user, parameters.room), find_person(parameters.user)
    membership = actions.change_role(actor=user, room=room, user=person, role=parameters.role)
    return _serialize_member(membership)


@group.endpoint("DELETE /rooms/{room}/members/{user}", scope=Scope.MODERATE)
def remove_member(user: User, parameters: OneMember) -> None:
    """Remove a member from a room."""
    room = find_named_room(user, parameters.room)
    actions.remove_member(actor=user, room=room, user=find_person(parameters.user))


@group.endpoint("PUT /rooms/{room}/ownership", scope=Scope.MODERATE, returns=schemas.Member)
def transfer_room(user: User, parameters: Transfer) -> JSON:
    """Make a member an owner of your room, and give up your own ownership.

    `role`: yours afterwards, `moderator` or `member`.
    """
    room, person = find_named_room(user, parameters.room), find_person(parameters.user)
    transfer_ownership(actor=user, room=room, user=person, role=parameters.role)
    return _serialize_member(Membership.objects.select_related("user").get(room=room, user=person))


@group.endpoint("DELETE /rooms/{room}/members/{user}/messages", scope=Scope.MODERATE, returns=schemas.DeletedMessages)
def delete_messages(user: User, parameters: DeleteMessages) -> JSON:
    """Delete all messages of a person in a room that were posted in a span of time.

    `span`: the last `hour`, the last `day`, or `all`. They needn't be members any more. Many messages are deleted in
    the background.
    """
    room, person = find_named_room(user, parameters.room), find_author(parameters.user)
    since = start_of(parameters.span)
    return delete_messages_of(actor=user, room=room, user=person, since=since)._asdict()


@group.endpoint("GET /rooms/{room}/bans", scope=Scope.MODERATE, returns=schemas.Bans)
def list_bans(user: User, parameters: ListBans) -> JSON:
    """List the people who are banned from a room, the latest first.

    `before`: the `next` of the previous page.
    """
    room = find_named_room(user, parameters.room)
    require_moderator(user, room)
    bans, following = page_after(bans_in(room), parameters.before, order=["-created_at", "-id"], field="before")
    return {"bans": list(map(_serialize_ban, bans)), "next": following}


@group.endpoint("PUT /rooms/{room}/bans/{user}", scope=Scope.MODERATE, returns=schemas.Ban)
def ban_person(user: User, parameters: BanMember) -> JSON:
    """Ban someone from a room.

    `until`: when the ban ends, or null if it is permanent.
    """
    room, person = find_named_room(user, parameters.room), find_person(parameters.user)
    ban = moderation.ban_member(actor=user, room=room, user=person, reason=parameters.reason, until=parameters.until)
    return _serialize_ban(ban)


@group.endpoint("DELETE /rooms/{room}/bans/{user}", scope=Scope.MODERATE)
def lift_ban(user: User, parameters: OneMember) -> None:
    """Lift a ban."""
    room = find_named_room(user, parameters.room)
    moderation.lift_ban(actor=user, room=room, user=find_person(parameters.user))


def _serialize_member(membership: Membership) -> JSON:
    return {"person": serialize_profile(membership.user), "role": membership.role}


def _serialize_ban(ban: Ban) -> JSON:
    return {
        "person": serialize_person(ban.user),
        "by": serialize_person(ban.by) if ban.by else None,
        "reason": ban.reason,
        "until": serialize_time(ban.until),
        "created_at": serialize_time(ban.created_at),
    }
