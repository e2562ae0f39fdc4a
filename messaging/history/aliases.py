"""Serializes aliases, and names senders in plain text."""

from typing import Any

from django.utils.translation import gettext as _

from messaging.models import Message, MessageRow
from messaging.models.alias import decode_alias


def alias_field(stored: str | None) -> dict[str, Any]:
    """Return the field of a message or quote that has an alias, or no field."""
    alias = decode_alias(stored)
    return {} if alias is None else {"alias": alias._asdict()}


def sender_name(message: Message | MessageRow) -> str:
    """Return the sender's name for plain text, in the active language. An alias is marked as that of a bot."""
    name = message.shown_sender.name
    return name if message.alias is None else _("%(name)s (bot)") % {"name": name}
