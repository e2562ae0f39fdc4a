"""Refusals of the API itself, and the HTTP status of each refusal."""

from django.utils.translation import gettext_lazy as _

from rooms.errors import Refusal

STATUS = {
    "unauthenticated": 401,
    "forbidden": 403,
    "blocked": 403,
    "not_found": 404,
    "method": 405,
    "silent": 408,
    "length_required": 411,
    "archived": 409,
    "conflict": 409,
    "too_large": 413,
    "too_long": 413,
    "content_type": 415,
    "type_denied": 415,
    "rate_limited": 429,
    "slow_mode": 429,
    "command_failed": 502,
    "unavailable": 503,
    "closing": 503,
    "busy": 503,
    "disk_full": 507,
}
OTHER_STATUS = 400


def status_of(refusal: Refusal) -> int:
    return STATUS.get(refusal.code, OTHER_STATUS)


class Unauthenticated(Refusal):
    code = "unauthenticated"
    default_message = _("Send a valid API token as Authorization: Bearer, or log in.")


class WrongOrigin(Refusal):
    code = "forbidden"
    default_message = _("Requests with a session cookie must come from this site’s own pages.")


class NoEndpoint(Refusal):
    code = "not_found"
    default_message = _("There is no such endpoint. See /api/ for a list.")


class WrongMethod(Refusal):
    """The endpoint has other methods. `allowed`: these."""

    code = "method"
    default_message = _("This endpoint doesn’t support this method.")

    def __init__(self, allowed: list[str]) -> None:
        super().__init__()
        self.allowed = allowed


class WrongContentType(Refusal):
    code = "content_type"
    default_message = _("Send JSON, with Content-Type: application/json.")


class LengthRequired(Refusal):
    code = "length_required"
    default_message = _("Give the file’s size as Content-Length.")


class BodyTooLarge(Refusal):
    code = "too_large"


class TimedOut(Refusal):
    code = "silent"
    default_message = _("The request timed out. Try again.")


class Busy(Refusal):
    code = "busy"
    default_message = _("The server is busy. Try again in a few seconds.")
