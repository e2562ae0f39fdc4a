"""Converts the blocks of Slack's Block Kit to Markdown. Of buttons and other controls, only links are shown."""

from collections.abc import Callable, Iterator

from integrations.incoming import markdown
from integrations.incoming.fields import JSON, objects, text, value
from integrations.incoming.slack.angles import Names
from integrations.incoming.slack.mrkdwn import MAX_TEXT, convert
from integrations.incoming.slack.rich_text import convert_rich_text
from integrations.incoming.slack.short_codes import replace_short_codes

MAX_BLOCKS = 50
MAX_FIELDS = 10
MAX_ELEMENTS = 25

_SEPARATOR = " · "


def convert_blocks(data: JSON, names: Names) -> Iterator[str]:
    """Yield the paragraphs of a message's, or an attachment's, `blocks`."""
    for block in objects(data, "blocks", limit=MAX_BLOCKS):
        convert_block = _BY_TYPE.get(text(block, "type"))
        if convert_block is not None:
            yield from convert_block(block, names)


def convert_text(data: JSON, names: Names, *path: str) -> str:
    """Convert a text object, which says whether it is mrkdwn, or a string, which is."""
    found = value(data, *path)
    if not isinstance(found, dict):
        return convert(found, names) if isinstance(found, str) else ""
    shown = text(found, "text")
    return _plain(shown) if text(found, "type") == "plain_text" else convert(shown, names)


def _plain(shown: str) -> str:
    """Return plain text, in which only short codes are replaced."""
    return markdown.escape(replace_short_codes(markdown.clean(shown[:MAX_TEXT])))


def _section(block: JSON, names: Names) -> Iterator[str]:
    yield convert_text(block, names, "text")
    fields = value(block, "fields")
    for field in fields[:MAX_FIELDS] if isinstance(fields, list) else ():
        yield convert_text({"field": field}, names, "field")
    yield from _accessory(value(block, "accessory"))


def _accessory(element: JSON) -> Iterator[str]:
    if text(element, "type") == "image":
        yield from _image(element, {})
    else:
        yield _button(element)


def _header(block: JSON, names: Names) -> Iterator[str]:
    shown = markdown.one_line(text(block, "text", "text"))
    yield f"### {_plain(shown)}" if shown else ""


def _divider(block: JSON, names: Names) -> Iterator[str]:
    yield "---"


def _context(block: JSON, names: Names) -> Iterator[str]:
    parts = []
    for element in objects(block, "elements", limit=MAX_ELEMENTS):
        if text(element, "type") == "image":
            parts.append(markdown.link(text(element, "alt_text"), "") if text(element, "alt_text") else "")
        else:
            parts.append(convert_text({"element": element}, names, "element"))
    yield _SEPARATOR.join(part for part in parts if part)


def _image(block: JSON, names: Names) -> Iterator[str]:
    address = text(block, "image_url") or text(block, "slack_file", "url")
    yield markdown.link(text(block, "title", "text") or text(block, "alt_text") or address, address)


def _markdown(block: JSON, names: Names) -> Iterator[str]:
    yield markdown.clean(text(block, "text")[:MAX_TEXT])


def _actions(block: JSON, names: Names) -> Iterator[str]:
    buttons = [_button(element) for element in objects(block, "elements", limit=MAX_ELEMENTS)]
    yield _SEPARATOR.join(button for button in buttons if button)


def _button(element: JSON) -> str:
    """Return the link of a button. A button without one would call back, which only Slack's apps can do."""
    address = text(element, "url")
    return markdown.link(text(element, "text", "text") or text(element, "text") or address, address) if address else ""


_BY_TYPE: dict[str, Callable[[JSON, Names], Iterator[str]]] = {
    "section": _section,
    "header": _header,
    "divider": _divider,
    "context": _context,
    "image": _image,
    "markdown": _markdown,
    "rich_text": convert_rich_text,
    "actions": _actions,
}
