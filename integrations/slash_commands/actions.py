"""Actions on slash commands: create, change, switch, renew the secret, delete.

Owners of a room manage its commands, and admins those of the site, whose `room` is None. The audit log has the host to
which a command is sent, but not the rest of the URL, which may contain a secret.
"""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import audit
from accounts.actions import NotAllowed
from accounts.audit import Kind
from accounts.bots.actions import bots_of, create_bot
from accounts.models import User
from integrations.encryption import encrypt
from integrations.models import SlashCommand
from integrations.outgoing.actions import check_url, member_bot
from integrations.outgoing.signatures import new_secret
from integrations.slash_commands.names import clean_name
from rooms.errors import Forbidden, Invalid, LimitReached, NotFound
from rooms.models import Room
from rooms.permissions import lock_room, require_open, require_owner

MAX_PER_ROOM = 20
MAX_PER_PERSON = 40
MAX_OF_SITE = 100

_CHANGED = ["name", "description", "argument_hint", "url", "dialect"]


@transaction.atomic
def create_command(
    *,
    actor: User,
    room: Room | None,
    name: str,
    description: str,
    argument_hint: str,
    bot: str,
    url: str,
    dialect: str,
    origin: str,
) -> tuple[SlashCommand, str]:
    """Add a command to a room or to the site. Return it and its secret, which isn't shown again.

    `bot`: the username of one of the actor's bots or, for the site, of one of its bots; or of a new one.
    """
    _require_manager(actor, room)
    if room is not None:
        room = lock_room(room)
        require_open(room)
    name, host = clean_name(name), check_url(url).header
    _check_limits(actor, room)
    account = member_bot(actor, room, bot) if room is not None else _site_bot(actor, bot)
    secret = new_secret()
    command = SlashCommand(room=room, bot=account, created_by=actor, name=name, secret=encrypt(secret), origin=origin)
    command.description, command.argument_hint = " ".join(description.split()), " ".join(argument_hint.split())
    command.url, command.dialect = url, dialect
    _save_named(command)
    _record(Kind.COMMAND_CREATED, actor, command, host=host)
    return command, secret


@transaction.atomic
def change_command(
    *, actor: User, command: SlashCommand, name: str, description: str, argument_hint: str, url: str, dialect: str
) -> SlashCommand:
    command = _lock(actor, command)
    command.name, host = clean_name(name), check_url(url).header
    command.description, command.argument_hint = " ".join(description.split()), " ".join(argument_hint.split())
    command.url, command.dialect = url, dialect
    _save_named(command, update_fields=_CHANGED)
    _record(Kind.COMMAND_CHANGED, actor, command, host=host)
    return command


@transaction.atomic
def switch_command(*, actor: User, command: SlashCommand, is_enabled: bool, by_admin: bool = False) -> SlashCommand:
    """Switch a command on or off. With `by_admin`, the actor needn't own the room."""
    command = _lock(None if by_admin else actor, command)
    if command.is_enabled != is_enabled:
        command.is_enabled, command.reason, command.failed_at = is_enabled, "", None
        command.save(update_fields=["is_enabled", "reason", "failed_at"])
        _record(Kind.COMMAND_CHANGED, actor, command, is_enabled=is_enabled)
    return command


@transaction.atomic
def renew_secret(*, actor: User, command: SlashCommand) -> str:
    """Replace the secret, and return the new one, which isn't shown again."""
    command, secret = _lock(actor, command), new_secret()
    command.secret = encrypt(secret)
    command.save(update_fields=["secret"])
    _record(Kind.COMMAND_CHANGED, actor, command, fields=["secret"])
    return secret


@transaction.atomic
def delete_command(*, actor: User, command: SlashCommand, by_admin: bool = False) -> None:
    """Delete a command. Its bot and their messages stay. With `by_admin`, the actor needn't own the room."""
    command = _lock(None if by_admin else actor, command)
    _record(Kind.COMMAND_DELETED, actor, command)
    command.delete()


def find_command(room: Room | None, command_id: int) -> SlashCommand:
    """Return a command of a room or of the site. Raises NotFound."""
    found = SlashCommand.objects.select_related("bot", "room").filter(room=room, pk=command_id).first()
    if found is None:
        raise NotFound(_("Command not found."))
    return found


def require_site_manager(actor: User) -> None:
    if not (actor.is_active and actor.is_staff and actor.has_perm("integrations.change_slashcommand")):
        raise Forbidden(_("Only admins can do this."))


def _require_manager(actor: User, room: Room | None) -> None:
    if room is None:
        require_site_manager(actor)
    else:
        require_owner(actor, room)


def _lock(actor: User | None, command: SlashCommand) -> SlashCommand:
    """Lock a command, which the actor must be able to manage, if there is one. Raises NotFound or Forbidden."""
    found = SlashCommand.objects.select_for_update(of=("self",)).select_related("bot", "room")
    locked = found.filter(pk=command.pk).first()
    if locked is None:
        raise NotFound(_("Command not found."))
    if actor is not None:
        _require_manager(actor, locked.room)
    return locked


def _check_limits(actor: User, room: Room | None) -> None:
    most = MAX_OF_SITE if room is None else MAX_PER_ROOM
    if SlashCommand.objects.filter(room=room).count() >= most:
        text = ngettext(
            "There can be %(most)d slash command here. Delete one first.",
            "There can be %(most)d slash commands here. Delete one first.",
            most,
        )
        raise LimitReached(text % {"most": most})
    User.objects.select_for_update(no_key=True).filter(pk=actor.pk).first()  # so that the limit holds
    if room is not None and SlashCommand.objects.filter(created_by=actor).count() >= MAX_PER_PERSON:
        text = ngettext(
            "You can have %(most)d slash command. Delete one first.",
            "You can have %(most)d slash commands. Delete one first.",
            MAX_PER_PERSON,
        )
        raise LimitReached(text % {"most": MAX_PER_PERSON})


def _save_named(command: SlashCommand, **options: Any) -> None:
    """Save a command under a name that no other one has where it can be run. Raises Invalid.

    If a room and the site add the same name at the same moment, the room's command is run there.
    """
    others = SlashCommand.objects.exclude(pk=command.pk).filter(name=command.name)
    if command.room_id is not None:
        others = others.filter(room=command.room_id) | others.filter(room=None)
    taken = Invalid(_("There’s already a command with this name."), field="name")
    if others.exists():
        raise taken
    try:
        with transaction.atomic():
            command.save(**options)
    except IntegrityError:
        raise taken from None


def _site_bot(actor: User, username: str) -> User:
    """Return one of the site's bots, or a new one."""
    bot = bots_of(None).filter(username__iexact=username, incoming_webhook=None).first()
    if bot is not None:
        return bot
    try:
        return create_bot(actor=actor, username=username)
    except NotAllowed:
        raise Forbidden(_("You can’t create bots of the site."), field="bot") from None
    except ValidationError as error:
        raise Invalid(error.messages[0], field="bot") from None


def _record(kind: Kind, actor: User, command: SlashCommand, **detail: Any) -> None:
    target = command.room or command.bot
    audit.record(kind, actor=actor, target=target, command=command.name, bot=command.bot.username, **detail)
