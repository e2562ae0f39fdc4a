"""The audit log: who did what, when and from where."""

from accounts.audit.log import CONSOLE, Kind, Origin, acting, count, nobody, record

__all__ = ["CONSOLE", "Kind", "Origin", "acting", "count", "nobody", "record"]
