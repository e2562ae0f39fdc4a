"""Recognizes what well-known services send, and converts it to Markdown.

Services that also send Slack's format, such as Grafana and Alertmanager, can be set up either way. Names and texts from
other services mention no one here.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from integrations.incoming.fields import JSON
from integrations.incoming.formats import (
    alertmanager,
    gitea,
    github,
    gitlab,
    grafana,
    sentry,
    uptime_kuma,
)

Headers = Mapping[str, str]  # with names in lower case


class Format(NamedTuple):
    """A service's format. `convert` returns "" for events of which people need not hear."""

    name: str
    is_from: Callable[[Headers, JSON], bool]
    convert: Callable[[Headers, JSON], str]


# In this order: Gitea also sends GitHub's headers, and Grafana all that Alertmanager does.
FORMATS = (
    Format("Gitea", gitea.is_from, gitea.convert),
    Format("GitHub", github.is_from, github.convert),
    Format("GitLab", gitlab.is_from, gitlab.convert),
    Format("Sentry", sentry.is_from, sentry.convert),
    Format("Grafana", grafana.is_from, grafana.convert),
    Format("Alertmanager", alertmanager.is_from, alertmanager.convert),
    Format("Uptime Kuma", uptime_kuma.is_from, uptime_kuma.convert),
)


def recognize(headers: Headers, data: JSON) -> Format | None:
    return next((each for each in FORMATS if each.is_from(headers, data)), None)
