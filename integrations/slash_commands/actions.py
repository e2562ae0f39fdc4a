"""Actions on slash commands: create and change.

Owners of a room manage its commands, and admins those of the site, whose `room` is None.
"""

from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.audit import Kind
from accounts.bots.actions import bots_of
from accounts.models import User
from integrations.encryption import encrypt
from integrations.models import SlashCommand
from integrations.servers.actions import (
    check_url,
    lock_integration,
    member_bot,
    new_bot,
    record,
    require_fewer,
    require_manager,
)
from integrations.servers.signatures import new_secret
from integrations.slash_commands.names import clean_name
from rooms.errors import Invalid
from rooms.models import Room
from rooms.permissions import lock_room, require_open

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
    require_manager(SlashCommand, actor, room)
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
    record(Kind.COMMAND_CREATED, actor, command, host=host)
    return command, secret


@transaction.atomic
def change_command(
    *, actor: User, command: SlashCommand, name: str, description: str, argument_hint: str, url: str, dialect: str
) -> SlashCommand:
    command = lock_integration(actor, command)
    command.name, host = clean_name(name), check_url(url).header
    command.description, command.argument_hint = " ".join(description.split()), " ".join(argument_hint.split())
    command.url, command.dialect = url, dialect
    _save_named(command, update_fields=_CHANGED)
    record(Kind.COMMAND_CHANGED, actor, command, host=host)
    return command


def _check_limits(actor: User, room: Room | None) -> None:
    most = MAX_OF_SITE if room is None else MAX_PER_ROOM
    text = ngettext(
        "There can be %(most)d slash command here. Delete one first.",
        "There can be %(most)d slash commands here. Delete one first.",
        most,
    )
    require_fewer(SlashCommand.objects.filter(room=room), most, text)
    User.objects.select_for_update(no_key=True).filter(pk=actor.pk).first()  # so that the limit holds
    if room is not None:
        text = ngettext(
            "You can have %(most)d slash command. Delete one first.",
            "You can have %(most)d slash commands. Delete one first.",
            MAX_PER_PERSON,
        )
        require_fewer(SlashCommand.objects.filter(created_by=actor), MAX_PER_PERSON, text)


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
    return bot or new_bot(actor, username, owner=None, refusal=_("You can’t create bots of the site."))
