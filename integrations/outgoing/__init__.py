"""Outgoing webhooks: messages of a room that are sent to another server, whose answers a bot posts."""
