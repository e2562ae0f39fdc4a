"""Timestamps as programs read them."""

from datetime import UTC, datetime


def rfc3339(at: datetime, timespec: str = "milliseconds") -> str:
    """Format an aware datetime in UTC: '2026-11-28T05:17:37.889Z'. `timespec` is as in `isoformat`."""
    return at.astimezone(UTC).isoformat(timespec=timespec).replace("+00:00", "Z")
