"""Endpoints for one's own bots and API tokens.

Tokens are created in the page only, so that none can create a wider one.
"""

from typing import Any

import msgspec
from django.core.files.base import File
from django.utils.translation import gettext as _
from msgspec import UNSET, UnsetType

from accounts.auth.token_actions import revoke_token
from accounts.bots import actions
from accounts.models import APIToken, Scope, User
from api import schemas
from api.idempotency import Idempotent
from api.lookups import translate_errors
from api.routing import Group
from messaging.runtime.protocol import Id
from rooms.account_serializers import serialize_token
from rooms.errors import NotFound
from rooms.serializers import serialize_person

JSON = dict[str, Any]

group = Group("Bots and tokens")


class Nothing(msgspec.Struct):
    pass


class CreateBot(Idempotent):
    username: str
    name: str = ""


class OneBot(msgspec.Struct):
    bot: Id


class ChangeBot(msgspec.Struct):
    bot: Id
    username: str | UnsetType = UNSET
    name: str | UnsetType = UNSET


class OneToken(msgspec.Struct):
    token: Id


@group.endpoint("GET /bots", scope=Scope.READ, returns=schemas.Bots)
def list_bots(user: User, parameters: Nothing) -> JSON:
    """List your bots."""
    return {"bots": list(map(_serialize, actions.bots_of(user)))}


@group.endpoint("POST /bots", scope=Scope.WRITE, returns=schemas.Bot, status=201)
def create_bot(user: User, parameters: CreateBot) -> JSON:
    """Create a bot, which belongs to you.

    There is only one account of a username, so repeating the request doesn't create another one.
    """
    with translate_errors(display_name="name"):
        return _serialize(
            actions.create_bot(actor=user, username=parameters.username, display_name=parameters.name, owner=user)
        )


@group.endpoint("GET /bots/{bot}", scope=Scope.READ, returns=schemas.Bot)
def show_bot(user: User, parameters: OneBot) -> JSON:
    """Show one of your bots."""
    return _serialize(_find_bot(user, parameters.bot))


@group.endpoint("PATCH /bots/{bot}", scope=Scope.WRITE, returns=schemas.Bot)
def change_bot(user: User, parameters: ChangeBot) -> JSON:
    """Change a bot's names. Only what you give is changed."""
    bot = _find_bot(user, parameters.bot)
    given = {"username": parameters.username, "display_name": parameters.name}
    return _update(user, bot, **{name: value for name, value in given.items() if value is not UNSET})


@group.endpoint("PUT /bots/{bot}/avatar", scope=Scope.WRITE, returns=schemas.Bot, takes_photo=True)
def change_bot_avatar(user: User, parameters: OneBot, photo: File) -> JSON:
    """Change a bot's photo.

    The body is a PNG, JPEG, WebP or GIF file of up to 5 MB, which is cropped to a square.
    """
    return _update(user, _find_bot(user, parameters.bot), photo=photo)


@group.endpoint("DELETE /bots/{bot}/avatar", scope=Scope.WRITE)
def remove_bot_avatar(user: User, parameters: OneBot) -> None:
    """Remove a bot's photo."""
    bot = _find_bot(user, parameters.bot)
    if bot.avatar:
        _update(user, bot, remove_photo=True)


@group.endpoint("PUT /bots/{bot}/suspension", scope=Scope.WRITE)
def disable_bot(user: User, parameters: OneBot) -> None:
    """Disable a bot, and revoke its tokens."""
    with translate_errors():
        actions.disable_bot(actor=user, bot=_find_bot(user, parameters.bot))


@group.endpoint("DELETE /bots/{bot}/suspension", scope=Scope.WRITE)
def enable_bot(user: User, parameters: OneBot) -> None:
    """Enable a bot. It needs a new token."""
    with translate_errors():
        actions.enable_bot(actor=user, bot=_find_bot(user, parameters.bot))


@group.endpoint("DELETE /bots/{bot}", scope=Scope.WRITE)
def delete_bot(user: User, parameters: OneBot) -> None:
    """Permanently delete a bot. Its messages stay."""
    with translate_errors():
        actions.delete_bot(actor=user, bot=_find_bot(user, parameters.bot))


@group.endpoint("GET /tokens", scope=Scope.READ, returns=schemas.Tokens)
def list_tokens(user: User, parameters: Nothing) -> JSON:
    """List your tokens and those of your bots, the newest first, without their secrets."""
    tokens = _own_tokens(user).usable().select_related("user").order_by("-pk")
    return {"tokens": list(map(serialize_token, tokens))}


@group.endpoint("DELETE /tokens/{token}", scope=Scope.WRITE)
def revoke(user: User, parameters: OneToken) -> None:
    """Revoke one of your tokens, or of those of your bots, and close its connections."""
    token = _own_tokens(user).select_related("user").filter(pk=parameters.token).first()
    if token is None:
        raise NotFound(_("Token not found."))
    with translate_errors():
        revoke_token(actor=user, token=token)


def _find_bot(user: User, bot_id: int) -> User:
    bot = actions.bots_of(user).filter(pk=bot_id).first()
    if bot is None:
        raise NotFound(_("Bot not found."))
    return bot


def _update(user: User, bot: User, **changes: Any) -> JSON:
    names = {"username": bot.username, "display_name": bot.display_name}
    with translate_errors(display_name="name"):
        return _serialize(actions.update_bot(actor=user, bot=bot, **(names | changes)))


def _own_tokens(user: User) -> Any:
    return APIToken.objects.filter(user__in=[user.pk, *actions.bots_of(user).values_list("pk", flat=True)])


def _serialize(bot: User) -> JSON:
    return serialize_person(bot) | {"is_bot": True, "is_active": bot.is_active}
