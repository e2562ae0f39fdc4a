"""Converts Slack's attachments to Markdown: a colored circle, a title, text and fields."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from integrations.incoming import markdown
from integrations.incoming.fields import JSON, objects, text, value
from integrations.incoming.slack.angles import Names
from integrations.incoming.slack.blocks import convert_blocks
from integrations.incoming.slack.mrkdwn import convert

MAX_ATTACHMENTS = 100  # Slack refuses more
MAX_FIELDS = 30
MAX_TITLE = 300

Convert = Callable[[str, Names], str]

_NAMED = {"good": "🟢", "warning": "🟡", "danger": "🔴"}
_CIRCLES = {
    "🔴": (221, 46, 68),
    "🟠": (244, 144, 12),
    "🟡": (253, 203, 88),
    "🟢": (120, 177, 89),
    "🔵": (85, 172, 238),
    "🟣": (170, 142, 214),
    "🟤": (193, 105, 79),
    "⚫": (49, 55, 61),
    "⚪": (230, 231, 232),
}


def convert_attachments(data: JSON, names: Names, convert_text: Convert = convert) -> Iterator[str]:
    """Yield the paragraphs of a message's `attachments`. `convert_text`: converts their texts."""
    for attachment in objects(data, "attachments", limit=MAX_ATTACHMENTS):
        found = list(_parts(attachment, names, convert_text))
        if not any(found):
            found = [convert_text(text(attachment, "fallback"), names)]
        yield from found


def circle_of(color: str) -> str:
    """Return the circle with the color that is nearest, or "" if there is none."""
    if (named := _NAMED.get(color.lower())) is not None:
        return named
    digits = color.removeprefix("#")
    if len(digits) != 6 or not set(digits.lower()) <= set("0123456789abcdef"):
        return ""
    wanted = [int(digits[place : place + 2], 16) for place in (0, 2, 4)]
    return min(_CIRCLES, key=lambda each: sum((a - b) ** 2 for a, b in zip(wanted, _CIRCLES[each], strict=True)))


def _parts(attachment: JSON, names: Names, convert_text: Convert) -> Iterator[str]:
    yield convert_text(text(attachment, "pretext"), names)
    circle = circle_of(text(attachment, "color"))
    heading = markdown.lines(_author(attachment), _title(attachment))
    body = convert_text(text(attachment, "text"), names)
    if circle and (heading or body):
        separator = "\n" if not heading and body.startswith(("`", ">")) else " "
        heading, body = (f"{circle} {heading}", body) if heading else ("", f"{circle}{separator}{body}")
    yield heading
    yield body
    yield from convert_blocks(attachment, names)
    yield _fields(attachment, names, convert_text)
    yield _image(attachment)
    yield _footer(attachment, names, convert_text)
    yield _buttons(attachment)


def _author(attachment: JSON) -> str:
    name = markdown.shorten(text(attachment, "author_name"), MAX_TITLE)
    return markdown.link(name, text(attachment, "author_link")) if name else ""


def _title(attachment: JSON) -> str:
    title = markdown.shorten(text(attachment, "title"), MAX_TITLE)
    return markdown.bold(markdown.link(title, text(attachment, "title_link")))


def _fields(attachment: JSON, names: Names, convert_text: Convert) -> str:
    """Return a line for each field, or for each pair of short ones."""
    shown: list[str] = []
    may_continue = False
    for field in objects(attachment, "fields", limit=MAX_FIELDS):
        title = markdown.bold(markdown.link(markdown.shorten(text(field, "title"), MAX_TITLE), ""))
        content = convert_text(text(field, "value"), names)
        separator = "\n" if "\n" in content else " "
        line = f"{title}{separator if title and content else ''}{content}"
        is_short = value(field, "short") is True and "\n" not in line
        if may_continue and is_short:
            shown[-1] += f" · {line}"
            may_continue = False
        elif line:
            shown.append(line)
            may_continue = is_short
    return "\n".join(shown)


def _image(attachment: JSON) -> str:
    address = text(attachment, "image_url") or text(attachment, "thumb_url")
    return markdown.link(address, address) if address else ""


def _footer(attachment: JSON, names: Names, convert_text: Convert) -> str:
    parts = [convert_text(text(attachment, "footer"), names), _time(text(attachment, "ts"))]
    return " · ".join(part for part in parts if part)


def _time(stamp: str) -> str:
    try:
        return f"{datetime.fromtimestamp(float(stamp), UTC):%Y-%m-%d %H:%M} UTC"
    except (ValueError, OverflowError, OSError):
        return ""


def _buttons(attachment: JSON) -> str:
    """Return the links of buttons in Slack's older format."""
    links = [
        markdown.link(text(action, "text"), text(action, "url"))
        for action in objects(attachment, "actions")
        if text(action, "url")
    ]
    return " · ".join(links)
