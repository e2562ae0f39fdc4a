"""Models of the integrations app."""

from integrations.models.incoming import IncomingWebhook, WebhookDelivery
from integrations.models.outgoing import OutgoingDelivery, OutgoingWebhook
from integrations.models.server_integration import ServerIntegration
from integrations.models.slash_command import SlashCommand, SlashCommandKey, SlashCommandRun

__all__ = [
    "IncomingWebhook",
    "OutgoingDelivery",
    "OutgoingWebhook",
    "ServerIntegration",
    "SlashCommand",
    "SlashCommandKey",
    "SlashCommandRun",
    "WebhookDelivery",
]
