"""Converts Slack's rich text, a tree of elements, to Markdown."""

from collections.abc import Callable, Iterator

from integrations.incoming import markdown
from integrations.incoming.fields import JSON, number, objects, text, value
from integrations.incoming.slack.angles import Names, convert_angle
from integrations.incoming.slack.short_codes import emoji_for

MAX_ITEMS = 200
MAX_INDENT = 5
_STYLES = (("strike", "~~"), ("italic", "_"), ("bold", "**"))


def convert_rich_text(block: JSON, names: Names) -> Iterator[str]:
    """Yield the paragraphs of a `rich_text` block."""
    for element in objects(block, "elements", limit=MAX_ITEMS):
        convert = _BY_TYPE.get(text(element, "type"))
        if convert is not None:
            yield convert(element, names)


def _section(element: JSON, names: Names) -> str:
    shown = "".join(_inline(each, names) for each in objects(element, "elements", limit=MAX_ITEMS))
    return "\n".join(markdown.escape_start(line) for line in shown.split("\n"))


def _preformatted(element: JSON, names: Names) -> str:
    shown = "".join(text(each, "text") or text(each, "url") for each in objects(element, "elements", limit=MAX_ITEMS))
    return markdown.code_block(markdown.clean(shown))


def _quote(element: JSON, names: Names) -> str:
    return markdown.quote(_section(element, names))


def _list(element: JSON, names: Names) -> str:
    is_ordered = text(element, "style") == "ordered"
    indent = " " * 4 * min(max(number(element, "indent"), 0), MAX_INDENT)
    items = (_section(item, names) for item in objects(element, "elements", limit=MAX_ITEMS))
    return "\n".join(
        f"{indent}{f'{place}.' if is_ordered else '-'} {item}".replace("\n", " ")
        for place, item in enumerate(items, max(number(element, "offset"), 0) % 10**6 + 1)
    )


_BY_TYPE: dict[str, Callable[[JSON, Names], str]] = {
    "rich_text_section": _section,
    "rich_text_preformatted": _preformatted,
    "rich_text_quote": _quote,
    "rich_text_list": _list,
}


def _inline(element: JSON, names: Names) -> str:
    match text(element, "type"):
        case "text":
            return _styled(markdown.clean(text(element, "text")), element)
        case "link":
            return markdown.link(text(element, "text") or text(element, "url"), text(element, "url"))
        case "emoji":
            return emoji_for(text(element, "name")) or markdown.escape_inline(f":{text(element, 'name')}:")
        case "user":
            return convert_angle(f"@{text(element, 'user_id')}", names)
        case "channel":
            return convert_angle(f"#{text(element, 'channel_id')}", names)
        case "usergroup":
            return convert_angle(f"!subteam^{text(element, 'usergroup_id')}", names)
        case "broadcast":
            return convert_angle(f"!{text(element, 'range')}", names)
        case "date":
            return markdown.escape_inline(markdown.clean(text(element, "fallback")))
        case "color":
            return markdown.code(text(element, "value"))
    return ""


def _styled(shown: str, element: JSON) -> str:
    """Return a piece of text with its style. Markup only takes effect next to a character other than a space."""
    styles = value(element, "style")
    core = shown.strip()
    if not isinstance(styles, dict) or not core:
        return "\n".join(map(markdown.escape_inline, shown.split("\n")))
    if styles.get("code") is True:
        return shown.replace(core, markdown.code(core), 1)
    marked = "\n".join(map(markdown.escape_inline, core.split("\n")))
    for style, markup in _STYLES:
        if styles.get(style) is True:
            marked = f"{markup}{marked}{markup}"
    start = shown.index(core)
    return f"{shown[:start]}{marked}{shown[start + len(core) :]}"
