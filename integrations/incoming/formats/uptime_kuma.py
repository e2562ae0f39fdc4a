"""Converts the notifications of Uptime Kuma."""

from collections.abc import Mapping

from integrations.incoming import markdown
from integrations.incoming.fields import JSON, number, text, value

Headers = Mapping[str, str]

_STATES = {0: ("🔴", "is down"), 1: ("🟢", "is up"), 2: ("🟡", "is pending"), 3: ("🔵", "is under maintenance")}


def is_from(headers: Headers, data: JSON) -> bool:
    return isinstance(data, dict) and {"heartbeat", "monitor", "msg"} <= data.keys()


def convert(headers: Headers, data: JSON) -> str:
    """Describe a change, or show the message of a test or of an expiring certificate, which have no heartbeat."""
    heartbeat, monitor = value(data, "heartbeat"), value(data, "monitor")
    if not isinstance(heartbeat, dict) or not isinstance(monitor, dict):
        return markdown.excerpt(text(data, "msg"), lines=5, characters=400)
    sign, state = _STATES.get(number(heartbeat, "status"), ("⚪", "changed"))
    name = markdown.shorten(text(monitor, "pathName") or text(monitor, "name"), 200) or "Monitor"
    address = text(monitor, "url")
    return markdown.lines(
        f"{sign} {markdown.bold(markdown.link(name, address if address != 'https://' else ''))} {state}",
        markdown.excerpt(text(heartbeat, "msg"), lines=3, characters=400),
    )
