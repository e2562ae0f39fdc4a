"""Converts the alerts of Prometheus's Alertmanager, and those of Grafana, which have the same form."""

from collections.abc import Iterator, Mapping

from integrations.incoming import markdown
from integrations.incoming.fields import JSON, entries, objects, text

Headers = Mapping[str, str]

MAX_ALERTS = 10
MAX_LABELS = 6
_USUAL = ("alertname", "severity", "summary", "description", "grafana_folder", "__alert_rule_uid__", "__dashboardUid__")
_SEVERITIES = {"critical": "🔴", "error": "🔴", "page": "🔴", "warning": "🟡", "info": "🔵", "none": "⚪"}


def is_from(headers: Headers, data: JSON) -> bool:
    return bool(text(data, "groupKey") and text(data, "receiver")) and isinstance(data.get("alerts"), list)


def convert(headers: Headers, data: JSON) -> str:
    """Show each alert, with its summary and the labels that the others don't have."""
    alerts = objects(data, "alerts")
    common = dict(entries(data, "commonLabels"))
    shown = [markdown.lines(*_alert_lines(alert, common)) for alert in alerts[:MAX_ALERTS]]
    return markdown.paragraphs(_heading(data, alerts), *shown, _rest(alerts))


def _heading(data: JSON, alerts: list[dict[str, JSON]]) -> str:
    if len(alerts) < 2:
        return ""
    firing = sum(text(alert, "status") != "resolved" for alert in alerts)
    name = text(data, "commonLabels", "alertname") or text(data, "receiver")
    counts = [f"{firing} firing"] if firing else []
    counts += [f"{len(alerts) - firing} resolved"] if firing < len(alerts) else []
    link = markdown.link(markdown.shorten(name, 200), text(data, "externalURL"))
    return f"{markdown.bold(link)}: {', '.join(counts)}"


def _alert_lines(alert: JSON, common: Mapping[str, str]) -> Iterator[str]:
    is_resolved = text(alert, "status") == "resolved"
    severity = text(alert, "labels", "severity").lower()
    sign = "🟢" if is_resolved else _SEVERITIES.get(severity, "🔴")
    name = markdown.shorten(text(alert, "labels", "alertname"), 200) or "Alert"
    address = text(alert, "panelURL") or text(alert, "dashboardURL") or text(alert, "generatorURL")
    yield f"{sign} {markdown.bold(markdown.link(name, address))} {'is resolved' if is_resolved else 'is firing'}"
    summary, description = text(alert, "annotations", "summary"), text(alert, "annotations", "description")
    for found in dict.fromkeys((summary, description or text(alert, "annotations", "message"))):
        yield markdown.excerpt(found, lines=4, characters=400)
    labels = [
        f"{key}={found}" for key, found in entries(alert, "labels") if key not in _USUAL and common.get(key) != found
    ] or [f"{key}={found}" for key, found in entries(alert, "labels") if key not in _USUAL]
    yield " ".join(markdown.code(markdown.shorten(label, 100)) for label in labels[:MAX_LABELS])
    yield " · ".join(_links(alert))


def _links(alert: JSON) -> Iterator[str]:
    if runbook := text(alert, "annotations", "runbook_url"):
        yield markdown.link("Runbook", runbook)
    if (silence := text(alert, "silenceURL")) and text(alert, "status") != "resolved":
        yield markdown.link("Silence", silence)


def _rest(alerts: list[dict[str, JSON]]) -> str:
    return f"… and {len(alerts) - MAX_ALERTS} more" if len(alerts) > MAX_ALERTS else ""
