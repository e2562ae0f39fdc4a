"""Models of the integrations app."""

from integrations.models.incoming import IncomingWebhook, WebhookDelivery

__all__ = ["IncomingWebhook", "WebhookDelivery"]
