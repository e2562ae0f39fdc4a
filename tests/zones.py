"""Time zones for tests of what happens at a time of day."""

from django.utils import timezone


def zone_where_it_is(hour: int) -> str:
    """Return the name of a time zone whose clocks show this hour."""
    west = (timezone.now().hour - hour + 12) % 24 - 12
    return f"Etc/GMT{west:+d}"
