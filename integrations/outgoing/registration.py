"""Registers what outgoing webhooks add to other apps: their worker, the retention of their deliveries."""

from accounts.lifecycle import retention
from integrations.models import OutgoingDelivery
from integrations.outgoing.worker import WebhookWorker
from messaging.runtime.engine import register_service

retention.register("webhook deliveries", OutgoingDelivery.objects.outdated)
register_service(WebhookWorker)
