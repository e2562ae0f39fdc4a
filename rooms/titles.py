"""The titles of group conversations, which have no name of their own."""

from collections.abc import Sequence

from django.utils.translation import gettext


def conversation_title(names: Sequence[str]) -> str:
    """Return a title such as “Ana, Mira and Zoë” (see model/rooms.js)."""
    if not names:
        return gettext("Group conversation")
    *others, last = names
    return gettext("%(names)s and %(last)s") % {"names": ", ".join(others), "last": last} if others else last
