"""Registers what slash commands add to other apps: the service that runs them, retention."""

from accounts.lifecycle import retention
from integrations.models import SlashCommandRun
from integrations.slash_commands.runner import CommandRunner
from messaging.runtime.engine import register_service

retention.register("runs of slash commands", SlashCommandRun.objects.outdated)
register_service(CommandRunner)
