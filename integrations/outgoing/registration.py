"""Registers what outgoing webhooks add to other apps: their worker, the retention of their deliveries, receivers."""

from typing import Any

from django.dispatch import receiver

from accounts.lifecycle import retention
from accounts.models import User
from accounts.signals import account_deleting
from integrations.models import OutgoingDelivery, OutgoingWebhook
from integrations.outgoing.worker import WebhookWorker
from messaging.runtime.engine import register_service

retention.register("webhook deliveries", OutgoingDelivery.objects.outdated)
register_service(WebhookWorker)


@receiver(account_deleting)
def delete_webhooks(sender: object, user: User, **kwargs: Any) -> None:
    """Delete the webhooks of a bot together with it."""
    OutgoingWebhook.objects.filter(bot=user).delete()
