"""Converts Grafana's alerts: those of its unified alerting, and those of its older versions."""

from collections.abc import Mapping

from integrations.incoming import markdown
from integrations.incoming.fields import JSON, objects, text
from integrations.incoming.formats import alertmanager

Headers = Mapping[str, str]

_STATES = {"ok": "🟢", "alerting": "🔴", "no_data": "⚪", "pending": "🟡", "paused": "⚪"}


def is_from(headers: Headers, data: JSON) -> bool:
    if not isinstance(data, dict):
        return False
    is_unified = isinstance(data.get("alerts"), list) and "orgId" in data and "receiver" in data
    return is_unified or ("ruleName" in data and "ruleId" in data)


def convert(headers: Headers, data: JSON) -> str:
    return _old(data) if "ruleName" in data else alertmanager.convert(headers, data)


def _old(data: JSON) -> str:
    state = text(data, "state")
    name = markdown.shorten(text(data, "ruleName") or text(data, "title"), 200)
    heading = f"{_STATES.get(state, '⚪')} {markdown.bold(markdown.link(name, text(data, 'ruleUrl')))}: "
    matches = (f"{text(match, 'metric')}={text(match, 'value')}" for match in objects(data, "evalMatches", limit=6))
    return markdown.lines(
        heading + markdown.escape_inline(state.replace("_", " ")),
        markdown.excerpt(text(data, "message"), lines=4, characters=400),
        " ".join(markdown.code(markdown.shorten(match, 100)) for match in matches),
    )
