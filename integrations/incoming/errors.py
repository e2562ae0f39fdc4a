"""Errors of requests to webhooks, with the statuses and words of Slack, which clients know."""

from http import HTTPStatus

from integrations.incoming.payload import PayloadError
from messaging.errors import Closing, Conflict, Unavailable
from rooms.errors import Archived, Forbidden, Invalid, NotAMember, NotFound, Refusal


class HookError(Exception):
    """A request was refused.

    status, word: of the response. detail: a sentence for the list of deliveries.
    retry_after: seconds until the same request may succeed, or None.
    """

    def __init__(self, status: int, word: str, detail: str, *, retry_after: float | None = None) -> None:
        super().__init__(word)
        self.status = status
        self.word = word
        self.detail = detail
        self.retry_after = retry_after


def no_service() -> HookError:
    return HookError(HTTPStatus.NOT_FOUND, "no_service", "There is no webhook with this URL, or it is disabled.")


def unavailable(retry_after: float | None = None) -> HookError:
    detail = "The server was too busy, or its database was unavailable."
    return HookError(HTTPStatus.SERVICE_UNAVAILABLE, "rollup_error", detail, retry_after=retry_after or 2)


def rate_limited(wait: float) -> HookError:
    detail = "The webhook was used too often. It accepts about one request a second."
    return HookError(HTTPStatus.TOO_MANY_REQUESTS, "rate_limited", detail, retry_after=wait)


def payload_error(error: PayloadError) -> HookError:
    return HookError(HTTPStatus.BAD_REQUEST, error.word, error.detail)


def error_for(refusal: Refusal) -> HookError:
    """Return the error for a message that can't be posted."""
    detail = str(refusal.message)
    match refusal:
        case Closing() | Unavailable():
            return unavailable(refusal.retry_after)
        case Archived():
            return HookError(HTTPStatus.GONE, "channel_is_archived", detail)
        case Conflict():
            return HookError(
                HTTPStatus.CONFLICT, "conflict", "The same key was used earlier for a request with other content."
            )
        case Forbidden():
            return HookError(HTTPStatus.FORBIDDEN, "action_prohibited", detail)
        case NotAMember():
            return HookError(HTTPStatus.FORBIDDEN, "action_prohibited", "The webhook’s bot was removed from the room.")
        case NotFound():
            return HookError(HTTPStatus.NOT_FOUND, "channel_not_found", detail)
        case Invalid(field="body"):
            return HookError(HTTPStatus.BAD_REQUEST, "no_text", detail)
    return HookError(HTTPStatus.BAD_REQUEST, "invalid_payload", detail)
