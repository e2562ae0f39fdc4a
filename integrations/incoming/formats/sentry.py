"""Converts Sentry's events: of its integrations, which name the resource in a header, and of its older plugin."""

from collections.abc import Mapping

from integrations.incoming import markdown
from integrations.incoming.fields import JSON, text, value

Headers = Mapping[str, str]

_LEVELS = {"fatal": "🔴", "error": "🔴", "warning": "🟡", "info": "🔵", "debug": "⚪"}
_ACTIONS = {
    "created": "is new",
    "resolved": "was resolved",
    "assigned": "was assigned",
    "archived": "was archived",
    "ignored": "was archived",
    "unresolved": "is unresolved again",
}
_ALERTS = {"critical": "🔴", "warning": "🟡", "resolved": "🟢"}


def is_from(headers: Headers, data: JSON) -> bool:
    is_plugin = isinstance(value(data, "event"), dict) and bool(text(data, "project")) and bool(text(data, "url"))
    return "sentry-hook-resource" in headers or is_plugin


def convert(headers: Headers, data: JSON) -> str:
    match headers.get("sentry-hook-resource", ""):
        case "issue":
            return _issue(data)
        case "event_alert" | "error":
            event = value(data, "data", "event") or value(data, "data", "error")
            return _event(event, text(event, "web_url"), text(data, "data", "triggered_rule"))
        case "metric_alert":
            return _metric_alert(data)
        case "":
            return _event(value(data, "event"), text(data, "url"), "", project=text(data, "project_name"))
    return ""


def _issue(data: JSON) -> str:
    issue, action = value(data, "data", "issue"), text(data, "action")
    if action not in _ACTIONS:
        return ""
    name = markdown.shorten(text(issue, "title"), 200) or text(issue, "shortId")
    sign = "🟢" if action == "resolved" else _LEVELS.get(text(issue, "level"), "🔴")
    actor = text(data, "actor", "name")
    by = f" by {markdown.escape_inline(markdown.shorten(actor, 80))}" if actor and actor != "Sentry" else ""
    return markdown.lines(
        f"{sign} {markdown.bold(markdown.link(name, text(issue, 'web_url') or text(issue, 'permalink')))} "
        f"{_ACTIONS[action]}{by}",
        _details(text(issue, "project", "name"), text(issue, "culprit"), text(issue, "shortId")),
    )


def _event(event: JSON, address: str, rule: str, *, project: str = "") -> str:
    name = text(event, "title") or text(event, "metadata", "title") or text(event, "message")
    sign = _LEVELS.get(text(event, "level"), "🔴")
    message = text(event, "metadata", "value")
    return markdown.lines(
        f"{sign} {markdown.bold(markdown.link(markdown.shorten(name, 200) or 'Event', address))}",
        markdown.excerpt(message, lines=2, characters=300) if message not in name else "",
        _details(project, text(event, "culprit") or text(event, "transaction"), text(event, "environment")),
        f"Alert rule: {markdown.escape_inline(markdown.shorten(rule, 100))}" if rule else "",
    )


def _metric_alert(data: JSON) -> str:
    sign = _ALERTS.get(text(data, "action"), "⚪")
    name = markdown.shorten(text(data, "data", "description_title"), 200) or "Metric alert"
    return markdown.lines(
        f"{sign} {markdown.bold(markdown.link(name, text(data, 'data', 'web_url')))}",
        markdown.excerpt(text(data, "data", "description_text"), lines=3, characters=300),
    )


def _details(*texts: str) -> str:
    shown = (markdown.escape_inline(markdown.shorten(each, 120)) for each in texts)
    return " · ".join(each for each in shown if each)
