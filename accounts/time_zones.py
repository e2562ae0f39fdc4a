"""Time zones by name. Browsers send theirs in a cookie that a script sets (static/js/elements/local_time.js)."""

import zoneinfo
from functools import cache

from django.http import HttpRequest

COOKIE = "time_zone"

_names = cache(zoneinfo.available_timezones)  # reads a whole folder tree


def find_zone(name: str) -> zoneinfo.ZoneInfo | None:
    """Return the zone, or None if there is none of that name."""
    return zoneinfo.ZoneInfo(name) if name in _names() else None


def zone_of_browser(request: HttpRequest) -> zoneinfo.ZoneInfo | None:
    return find_zone(request.COOKIES.get(COOKIE, ""))
