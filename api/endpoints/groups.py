"""Endpoints for groups of people that can be mentioned."""

from typing import Annotated, Any

import msgspec
from django.utils.translation import gettext as _
from msgspec import UNSET, Meta, UnsetType

from accounts import groups as actions
from accounts.models import GroupMember, Scope, User, UserGroup
from api import schemas
from api.idempotency import Idempotent
from api.lookups import find_author, find_people, translate_errors
from api.paging import Cursor, page_after
from api.routing import Group
from messaging.runtime.protocol import Id
from rooms.errors import NotFound
from rooms.serializers import serialize_profile

JSON = dict[str, Any]

group = Group("Groups")


class ListGroups(msgspec.Struct):
    q: Annotated[str, Meta(max_length=80)] = ""
    after: Cursor = ""


class OneGroup(msgspec.Struct):
    group: Id


class ListGroupMembers(msgspec.Struct):
    group: Id
    after: Cursor = ""


class CreateGroup(Idempotent):
    name: str
    title: str
    description: str = ""


class ChangeGroup(msgspec.Struct):
    group: Id
    name: str | UnsetType = UNSET
    title: str | UnsetType = UNSET
    description: str | UnsetType = UNSET


class AddToGroup(msgspec.Struct):
    group: Id
    users: Annotated[list[Id], Meta(min_length=1, max_length=50)]


class OneGroupMember(msgspec.Struct):
    group: Id
    user: Id


@group.endpoint("GET /groups", scope=Scope.READ, returns=schemas.Groups)
def list_groups(user: User, parameters: ListGroups) -> JSON:
    """List the groups of people.

    `q`: a part of their name or title. `after`: the `next` of the previous page.
    """
    found = UserGroup.objects.matching(parameters.q.strip().removeprefix("@"))
    groups, following = page_after(found, parameters.after, order=["title", "name_key"])
    members = GroupMember.objects.filter(group__in=groups)
    sizes = members.visible_to(user).sizes()
    own = set(members.filter(user=user).values_list("group", flat=True))
    serialized = [_serialize(each, size=sizes.get(each.pk, 0), is_member=each.pk in own) for each in groups]
    return {"groups": serialized, "next": following}


@group.endpoint("GET /groups/{group}", scope=Scope.READ, returns=schemas.UserGroup)
def show_group(user: User, parameters: OneGroup) -> JSON:
    """Show a group."""
    return _serialize_for(user, _find(parameters.group))


@group.endpoint("GET /groups/{group}/members", scope=Scope.READ, returns=schemas.PeoplePage)
def list_group_members(user: User, parameters: ListGroupMembers) -> JSON:
    """List a group's members.

    `after`: the `next` of the previous page.
    """
    members = GroupMember.objects.filter(group=_find(parameters.group)).visible_to(user).values("user")
    found = User.objects.filter(pk__in=members)
    people, following = page_after(found, parameters.after, order=["username_key"])
    return {"people": list(map(serialize_profile, people)), "next": following}


@group.endpoint("DELETE /groups/{group}/membership", scope=Scope.WRITE)
def leave_group(user: User, parameters: OneGroup) -> None:
    """Leave a group."""
    actions.remove_from_group(actor=user, group=_find(parameters.group), user=user)


@group.endpoint("POST /groups", scope=Scope.ADMIN, returns=schemas.UserGroup, status=201)
def create_group(user: User, parameters: CreateGroup) -> JSON:
    """Create a group.

    `name`: by which it is mentioned. There is only one of a name, so repeating the request doesn't create another one.
    """
    with translate_errors():
        created = actions.create_group(
            actor=user, name=parameters.name, title=parameters.title, description=parameters.description
        )
    return _serialize(created, size=0, is_member=False)


@group.endpoint("PATCH /groups/{group}", scope=Scope.ADMIN, returns=schemas.UserGroup)
def change_group(user: User, parameters: ChangeGroup) -> JSON:
    """Change a group's name and texts. Only what you give is changed."""
    found = _find(parameters.group)
    texts = {name: _given(getattr(parameters, name), getattr(found, name)) for name in ("name", "title", "description")}
    with translate_errors():
        return _serialize_for(user, actions.update_group(actor=user, group=found, **texts))


@group.endpoint("DELETE /groups/{group}", scope=Scope.ADMIN)
def delete_group(user: User, parameters: OneGroup) -> None:
    """Delete a group. Messages that mention it keep its name."""
    with translate_errors():
        actions.delete_group(actor=user, group=_find(parameters.group))


@group.endpoint("POST /groups/{group}/members", scope=Scope.ADMIN, returns=schemas.UserGroup)
def add_to_group(user: User, parameters: AddToGroup) -> JSON:
    """Add people to a group. Those who are in it already stay."""
    found, people = _find(parameters.group), find_people(parameters.users)
    with translate_errors(user="users"):
        actions.add_to_group(actor=user, group=found, people=people)
    return _serialize_for(user, found)


@group.endpoint("DELETE /groups/{group}/members/{user}", scope=Scope.ADMIN)
def remove_from_group(user: User, parameters: OneGroupMember) -> None:
    """Remove someone from a group."""
    with translate_errors():
        actions.remove_from_group(actor=user, group=_find(parameters.group), user=find_author(parameters.user))


def _find(group_id: int) -> UserGroup:
    found = UserGroup.objects.filter(pk=group_id).first()
    if found is None:
        raise NotFound(_("Group not found."))
    return found


def _given(value: Any, otherwise: Any) -> Any:
    return otherwise if value is UNSET else value


def _serialize_for(user: User, found: UserGroup) -> JSON:
    members = GroupMember.objects.filter(group=found)
    size = members.visible_to(user).count()
    return _serialize(found, size=size, is_member=members.filter(user=user).exists())


def _serialize(found: UserGroup, *, size: int, is_member: bool) -> JSON:
    texts = {name: getattr(found, name) for name in ("name", "title", "description")}
    return {"id": found.pk, **texts, "people": size, "is_member": is_member}
