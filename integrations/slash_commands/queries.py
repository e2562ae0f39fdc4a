"""Which slash commands can be run in a room."""

from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from integrations.models import SlashCommand
from rooms.models import Membership


def commands_in(room_id: int) -> list[dict[str, Any]]:
    """Return the commands of a room and of the site, by name, as sent to clients."""
    found = {command.name: command for command in reversed(_enabled_in(room_id).order_by(*_OWN_FIRST))}
    return [_serialize(found[name]) for name in sorted(found)]


def find_enabled(room_id: int, name: str) -> SlashCommand | None:
    """Return the command of this name that is run in a room: its own, or else the site's."""
    found = _enabled_in(room_id).filter(name=name.lower()).select_related("bot").order_by(*_OWN_FIRST)
    return found.first()


_OWN_FIRST = (F("room").asc(nulls_last=True), "pk")


def _enabled_in(room_id: int) -> "QuerySet[SlashCommand]":
    """Return those that aren't off. They stop with their bot, which must still be a member for a room's command."""
    is_member = Exists(Membership.objects.filter(user=OuterRef("bot"), room=room_id))
    found = SlashCommand.objects.filter(Q(is_member, room=room_id) | Q(room=None))
    return found.filter(is_enabled=True, bot__is_active=True)


def _serialize(command: SlashCommand) -> dict[str, Any]:
    return {
        "name": command.name,
        "description": command.description,
        "argument_hint": command.argument_hint,
    }
