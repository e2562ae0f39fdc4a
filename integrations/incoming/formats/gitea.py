"""Converts the events of Gitea's and Forgejo's webhooks, which resemble GitHub's."""

from collections.abc import Mapping

from integrations.incoming.fields import JSON, text
from integrations.incoming.formats import github

Headers = Mapping[str, str]

_NAMES = ("x-forgejo-event", "x-gitea-event")
_REVIEWS = {
    "pull_request_approved": "approved",
    "pull_request_rejected": "changes_requested",
    "pull_request_review_approved": "approved",
    "pull_request_review_rejected": "changes_requested",
}


def is_from(headers: Headers, data: JSON) -> bool:
    return any(name in headers for name in _NAMES)


def convert(headers: Headers, data: JSON) -> str:
    event = next(headers[name] for name in _NAMES if name in headers)
    if (state := _REVIEWS.get(event)) is not None and isinstance(data, dict):
        review = {"state": state, "body": text(data, "review", "content")}
        return github.convert_event("pull_request_review", data | {"action": "submitted", "review": review})
    return github.convert_event(event, data)
