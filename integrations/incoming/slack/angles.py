"""The parts of mrkdwn in angle brackets: links and mentions."""

import re
from collections.abc import Callable, Mapping

from integrations.incoming import markdown

Names = Mapping[str, str]

_ADDRESS = re.compile(r"(?:https?://|mailto:)\S+", re.IGNORECASE)
_NAME = re.compile(r"[^\W_][\w.-]{0,79}")
_EVERYONE = {"here": "@here", "channel": "@room", "everyone": "@room", "group": "@room"}


def convert_angle(content: str, names: Names) -> str:
    """Return Markdown for the text between two angle brackets."""
    target, separator, label = content.partition("|")
    convert = _BY_SIGN.get(target[:1])
    if convert is not None:
        return convert(target[1:], label, names)
    if _ADDRESS.fullmatch(target):
        return markdown.link(label or target.removeprefix("mailto:"), target)
    return markdown.escape_inline(f"<{content}>" if not separator else label or target)


def _person(target: str, label: str, names: Names) -> str:
    return _mention("@", names.get(target) or label or target)


def _room(target: str, label: str, names: Names) -> str:
    return _mention("#", label or target)


def _special(target: str, label: str, names: Names) -> str:
    """Convert `<!here>`, `<!subteam^S1|@ops>` or `<!date^1392734382^{date}^link|18 February>`."""
    kind, *arguments = target.split("^")
    if kind in _EVERYONE:
        return _EVERYONE[kind]
    if kind == "subteam":
        return _mention("@", label or (arguments[0] if arguments else "group"))
    if kind == "date":
        shown = label or (arguments[0] if arguments else "")
        return markdown.link(shown, arguments[2]) if len(arguments) > 2 else markdown.escape_inline(shown)
    return markdown.escape_inline(label or f"<!{target}>")


def _mention(sign: str, name: str) -> str:
    name = name.removeprefix(sign)
    return f"{sign}{name}" if _NAME.fullmatch(name) and "__" not in name else markdown.escape_inline(f"{sign}{name}")


_BY_SIGN: dict[str, Callable[[str, str, Names], str]] = {"@": _person, "#": _room, "!": _special}
