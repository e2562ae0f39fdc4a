"""Aliases: the name and emoji with which a bot's message is shown instead of the bot's own."""

from typing import NamedTuple

from accounts.models import Person, User

NAME_LENGTH = 60
EMOJI_LENGTH = 32


class Alias(NamedTuple):
    """An alias. Without a name or an emoji, the bot's own name or avatar is shown."""

    name: str = ""
    emoji: str = ""


NO_ALIAS = Alias()


def encode_alias(alias: Alias | None) -> str | None:
    """Return the form in which an alias is stored. Most messages have none, and store nothing."""
    return f"{alias.emoji}\n{alias.name}" if alias is not None and any(alias) else None


def decode_alias(stored: str | None) -> Alias | None:
    if stored is None:
        return None
    emoji, _, name = stored.partition("\n")
    return Alias(name, emoji)


def shown_as(sender: User | Person, stored: str | None) -> User | Person:
    """Return the person with whose name and avatar a message is shown: its sender, or the bot under its alias."""
    if (alias := decode_alias(stored)) is None:
        return sender
    avatar = "" if alias.emoji else sender.avatar_name
    return Person(sender.pk, sender.username, alias.name or sender.name, avatar, sender.is_bot, alias.emoji)
