"""Checks and renders the text of messages."""

import re

from django.conf import settings
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from messaging.errors import TooLong
from messaging.rendering import EMPTY, Rendered, render
from messaging.rendering.visible_text import is_blank
from rooms.errors import Invalid, Refusal

INVALID_CHARACTERS = re.compile("[\0\ud800-\udfff]")  # databases can't store them


def check_body(body: str, *, may_be_empty: bool = False) -> None:
    """Raise Invalid or TooLong if the body can't be posted. `may_be_empty`: true if the message has attachments."""
    limit = settings.CHAT_MAX_BODY
    if len(body) > limit:
        text = _("The message is too long: at most {limit} characters, and this has {count}.")
        raise TooLong(format_lazy(text, limit=limit, count=len(body)), field="body")
    if not may_be_empty and is_blank(body):
        raise Invalid(_("Write a message."), field="body")
    if INVALID_CHARACTERS.search(body):
        raise Invalid(_("The message contains an invalid character."), field="body")


def render_content(body: str, *, may_be_empty: bool) -> Rendered | Refusal:
    """Return the rendered body, or the refusal if it can't be posted."""
    try:
        check_body(body, may_be_empty=may_be_empty)
    except Refusal as refusal:
        return refusal
    return EMPTY if is_blank(body) else render(body)
