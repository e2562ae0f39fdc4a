"""The audit log: the actors, times and origins of actions."""

from accounts.audit.log import Kind, origin, record, record_anonymously

__all__ = ["Kind", "origin", "record", "record_anonymously"]
