"""Endpoints for invite links."""

import math
from typing import Annotated, Any

import msgspec
from django.utils import timezone
from django.utils.translation import gettext as _
from msgspec import Meta

from accounts import actions
from accounts.models import Invitation, Scope, User
from api import schemas
from api.idempotency import Idempotent
from api.lookups import translate_errors
from api.paging import Cursor, page_after
from api.routing import Group
from messaging.errors import Conflict, RateLimited
from messaging.runtime.protocol import Id
from messaging.runtime.values import Time
from rooms.errors import Invalid, NotFound
from rooms.permissions import find_room
from rooms.serializers import serialize_person, serialize_time

JSON = dict[str, Any]

group = Group("Invites")


class OnePage(msgspec.Struct):
    before: Cursor = ""


class CreateInvite(Idempotent):
    expires_at: Time | None = None
    max_uses: Annotated[int, Meta(ge=1, le=1_000)] | None = 1
    room: Id | None = None


class OneInvite(msgspec.Struct):
    invite: Id


class AcceptInvite(msgspec.Struct):
    code: Annotated[str, Meta(min_length=1, max_length=40)]


@group.endpoint("GET /invites", scope=Scope.READ, returns=schemas.Invites)
def list_invites(user: User, parameters: OnePage) -> JSON:
    """List the invites that you created, the newest first.

    Their links are only in the response when they are created, so that tokens that can only read can't invite.
    `before`: the `next` of the previous page.
    """
    return _page(Invitation.objects.filter(created_by=user), parameters.before)


@group.endpoint("POST /invites", scope=Scope.WRITE, returns=schemas.NewInvite, status=201)
def create_invite(user: User, parameters: CreateInvite) -> JSON:
    """Create an invite link, with which people sign up.

    `expires_at`: null if it doesn't expire. `max_uses`: how many people can use it; null for any number. `room`: the
    room that they join as well. `url` in the response is a path.
    """
    if parameters.expires_at is not None and parameters.expires_at <= timezone.now():
        raise Invalid(_("Choose a time in the future."), field="expires_at")
    room_id = find_room(user, parameters.room).pk if parameters.room is not None else None
    try:
        with translate_errors():
            invitation = actions.create_invitation(
                by=user, expires_at=parameters.expires_at, max_uses=parameters.max_uses, room_id=room_id
            )
    except actions.TooManyInvitations as error:
        text = _("You’ve created many invite links within an hour. Try again later.")
        raise RateLimited(text, retry_after=math.ceil(error.args[0])) from error
    return _serialize(invitation) | {"url": invitation.get_absolute_url()}


@group.endpoint("DELETE /invites/{invite}", scope=Scope.WRITE)
def revoke_invite(user: User, parameters: OneInvite) -> None:
    """Revoke an invite that you created."""
    _revoke(user, Invitation.objects.filter(created_by=user), parameters.invite)


@group.endpoint("POST /join", scope=Scope.WRITE)
def accept_invite(user: User, parameters: AcceptInvite) -> None:
    """Join the room of an invite. `code`: the last part of its link."""
    invitation = Invitation.objects.valid().filter(code=parameters.code).first()
    if invitation is None:
        raise NotFound(_("This invite has expired. Ask for a new one."), field="code")
    try:
        actions.accept_invitation(user=user, invitation=invitation)
    except actions.InvitationExpired as error:
        raise NotFound(_("This invite has expired. Ask for a new one."), field="code") from error
    except actions.NothingToJoin as error:
        raise Conflict(_("This invite has no room that you could join.")) from error


@group.endpoint("GET /admin/invites", scope=Scope.ADMIN, returns=schemas.Invites)
def list_all_invites(user: User, parameters: OnePage) -> JSON:
    """List everyone's invites, the newest first.

    `before`: the `next` of the previous page.
    """
    return _page(Invitation.objects.all() if user.is_staff else Invitation.objects.none(), parameters.before)


@group.endpoint("DELETE /admin/invites/{invite}", scope=Scope.ADMIN)
def revoke_others_invite(user: User, parameters: OneInvite) -> None:
    """Revoke anyone's invite."""
    _revoke(user, Invitation.objects.all(), parameters.invite)


def _page(found: Any, before: str) -> JSON:
    found = found.select_related("created_by")
    invitations, following = page_after(found, before, order=["-id"], field="before")
    return {"invites": list(map(_serialize, invitations)), "next": following}


def _revoke(user: User, found: Any, invite_id: int) -> None:
    invitation = found.filter(pk=invite_id).first()
    if invitation is None:
        raise NotFound(_("Invite not found."))
    with translate_errors():
        actions.revoke_invitation(by=user, invitation=invitation)


def _serialize(invitation: Invitation) -> JSON:
    return {
        "id": invitation.pk,
        "by": serialize_person(invitation.created_by),
        "created_at": serialize_time(invitation.created_at),
        "expires_at": serialize_time(invitation.expires_at),
        "revoked_at": serialize_time(invitation.revoked_at),
        "uses": invitation.uses,
        "max_uses": invitation.max_uses,
        "room": invitation.room_id,
    }
