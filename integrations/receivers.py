"""Receivers of signals."""

from typing import Any

from django.db.models.signals import post_delete
from django.dispatch import receiver

from accounts.bots.actions import disable_bot
from integrations.models import IncomingWebhook


@receiver(post_delete, sender=IncomingWebhook)
def retire_bot(sender: object, instance: IncomingWebhook, **kwargs: Any) -> None:
    """Disable the bot of a webhook that is deleted, also together with its room."""
    disable_bot(actor=None, bot=instance.bot)
