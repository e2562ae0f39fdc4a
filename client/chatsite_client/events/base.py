"""The base of all events."""

from msgspec import Struct


class Event(Struct, kw_only=True, tag_field="type"):
    """The base of all events."""
