"""Incoming and outgoing webhooks, and what else connects a room with other services."""
