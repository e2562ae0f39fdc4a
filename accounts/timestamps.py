"""Machine-readable timestamps."""

from datetime import UTC, datetime


def rfc3339(at: datetime, timespec: str = "milliseconds") -> str:
    """Format an aware datetime in UTC, as in '2026-11-28T05:17:37.889Z'. `timespec` is passed to `isoformat`."""
    return at.astimezone(UTC).isoformat(timespec=timespec).replace("+00:00", "Z")
