"""Models of the integrations app."""

from integrations.models.incoming import IncomingWebhook, WebhookDelivery
from integrations.models.outgoing import OutgoingDelivery, OutgoingWebhook

__all__ = ["IncomingWebhook", "OutgoingDelivery", "OutgoingWebhook", "WebhookDelivery"]
