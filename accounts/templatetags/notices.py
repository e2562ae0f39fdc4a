"""Template filter `message|undo_form`: the button that undoes what a message reports."""

from urllib.parse import parse_qsl

from django import template
from django.contrib.messages.storage.base import Message

register = template.Library()

UNDO = "undo?"  # begins the tags of a message with an undo button


@register.filter
def undo_form(message: Message) -> dict[str, object] | None:
    """Return the URL and the fields of a message's undo button, or None if it has none."""
    tags = message.extra_tags or ""
    if not tags.startswith(UNDO):
        return None
    (_name, url), *fields = parse_qsl(tags.removeprefix(UNDO), keep_blank_values=True)
    return {"url": url, "fields": fields}
