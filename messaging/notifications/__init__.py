"""Notifications: whom a message concerns, how they are notified, and why."""
