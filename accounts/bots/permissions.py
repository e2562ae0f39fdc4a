"""Permissions to create and manage bots."""

from accounts.models import BotCreation, User, bot_creation


def can_manage_all_bots(user: User) -> bool:
    return user.is_active and user.is_staff and user.has_perm("accounts.change_user")


def can_create_bots(user: User) -> bool:
    if not user.is_active or user.is_bot:
        return False
    return bot_creation() == BotCreation.EVERYONE or can_manage_all_bots(user)


def can_manage_bot(user: User, bot: User) -> bool:
    """Return whether the user may rename, disable or delete the bot, and revoke its tokens."""
    return bot.is_bot and not user.is_bot and (bot.owner_id == user.pk or can_manage_all_bots(user))


def can_act_as_bot(user: User, bot: User) -> bool:
    """Return whether the user may create tokens of the bot: its owner, or admins for bots of the site.

    Admins can't do so for other people's bots, which may be in private rooms.
    """
    if not bot.is_bot or user.is_bot:
        return False
    return bot.owner_id == user.pk or (bot.owner_id is None and can_manage_all_bots(user))
