"""Receivers of signals."""

from typing import Any

from django.db.models.signals import post_delete
from django.dispatch import receiver

from accounts.bots.actions import disable_bot
from accounts.models import User
from accounts.signals import account_deleting
from integrations.models import IncomingWebhook, OutgoingWebhook, SlashCommand


@receiver(post_delete, sender=IncomingWebhook)
def retire_bot(sender: object, instance: IncomingWebhook, **kwargs: Any) -> None:
    """Disable the bot of a webhook that is deleted, also together with its room."""
    disable_bot(actor=None, bot=instance.bot)


@receiver(account_deleting)
def delete_integrations(sender: object, user: User, **kwargs: Any) -> None:
    """Delete what sends requests for a bot together with it."""
    OutgoingWebhook.objects.filter(bot=user).delete()
    SlashCommand.objects.filter(bot=user).delete()
