"""The audit log, which records the actor, time and origin of each action."""

from accounts.audit.log import Kind, as_line, origin, record, record_anonymously

__all__ = ["Kind", "as_line", "origin", "record", "record_anonymously"]
