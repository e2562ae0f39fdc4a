"""Validation of room names and other single-line texts."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import usernames
from accounts.unicode import visibility
from rooms.errors import Invalid

NAME_LENGTH = 80
TOPIC_LENGTH = 250


def clean_name(name: str) -> str:
    """Return the name with collapsed whitespace. Raises Invalid if it is blank, or for the reasons of `clean_line`."""
    name = clean_line(name, field="name", most=NAME_LENGTH)
    if visibility.is_blank(name):
        raise Invalid(_("Enter a name for the room."), field="name")
    return name


def clean_line(text: str, *, field: str, most: int) -> str:
    """Collapse whitespace in a single-line text. Raises Invalid if it is too long or has invisible characters."""
    text = " ".join(text.split())
    if len(text) > most:
        message = ngettext(
            "Use at most %(most)s character; this has %(count)s.",
            "Use at most %(most)s characters; this has %(count)s.",
            most,
        )
        raise Invalid(message % {"most": most, "count": len(text)}, field=field)
    try:
        usernames.validate_visible(text)
    except ValidationError as error:
        raise Invalid(error.messages[0], field=field) from error
    return text
