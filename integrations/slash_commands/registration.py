"""Registers what slash commands add to other apps: the service that runs them, retention, receivers."""

from typing import Any

from django.dispatch import receiver

from accounts.lifecycle import retention
from accounts.models import User
from accounts.signals import account_deleting
from integrations.models import SlashCommand, SlashCommandRun
from integrations.slash_commands.runner import CommandRunner
from messaging.runtime.engine import register_service

retention.register("runs of slash commands", SlashCommandRun.objects.outdated)
register_service(CommandRunner)


@receiver(account_deleting)
def delete_commands(sender: object, user: User, **kwargs: Any) -> None:
    """Delete the commands of a bot together with it."""
    SlashCommand.objects.filter(bot=user).delete()
