"""The audit log: who did what, when and from where."""

from accounts.audit.log import CONSOLE, Kind, Origin, no_actor, origin, record, record_anonymously

__all__ = ["CONSOLE", "Kind", "Origin", "no_actor", "origin", "record", "record_anonymously"]
