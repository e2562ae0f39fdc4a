"""Values that have the right type, but can't be stored or converted. Clients may send them in any field."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from msgspec import Meta

Time = Annotated[datetime, Meta(tz=True)]

EARLIEST, LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)


def find_unusable(parameters: msgspec.Struct) -> tuple[str, str | Promise] | None:
    """Return the first field whose value can't be used, and what to do about it.

    PostgreSQL can't store null characters, so a whole batch of posts would fail. Times near the first and the last
    year that Python knows can't be shown in every time zone, so they would break the pages of others.
    """
    for name in parameters.__struct_fields__:
        value = getattr(parameters, name)
        if any(isinstance(text, str) and "\0" in text for text in _all(value)):
            return name, _("Remove the null character.")
        if isinstance(value, datetime) and not EARLIEST <= value < LATEST:
            return name, _("Give a time between the years 1900 and 9000.")
    return None


def _all(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list) else (value,)
