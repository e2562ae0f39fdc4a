"""Integrations that send requests to other servers: the part that outgoing webhooks and slash commands share."""
