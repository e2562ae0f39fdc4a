"""The audit log, which records the actor, time and origin of each action."""

from accounts.audit.limits import seconds_to_wait, seconds_until_free
from accounts.audit.log import Kind, as_line, origin, record, record_anonymously

__all__ = ["Kind", "as_line", "origin", "record", "record_anonymously", "seconds_to_wait", "seconds_until_free"]
