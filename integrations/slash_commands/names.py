"""Names of slash commands."""

import re

from django.utils.translation import gettext as _

from integrations.models.slash_command import NAME_LENGTH
from rooms.errors import Invalid

BUILT_IN = frozenset({"who", "help", "block", "unblock", "mute", "unmute"})  # those of the page

_NAME = re.compile(rf"[a-z][a-z0-9_-]{{0,{NAME_LENGTH - 1}}}")


def clean_name(name: str) -> str:
    """Return the name without a slash before it. Raises Invalid."""
    name = name.strip().removeprefix("/")
    if not _NAME.fullmatch(name):
        text = _("Use up to %(most)d lowercase letters, digits, hyphens and underscores, and begin with a letter.")
        raise Invalid(text % {"most": NAME_LENGTH}, field="name")
    if name in BUILT_IN:
        raise Invalid(
            _("/%(name)s is one of Chatsite’s own commands. Choose another name.") % {"name": name}, field="name"
        )
    return name
