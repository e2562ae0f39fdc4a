"""Refusals: errors that actions raise when something is not permitted or not possible."""

import math
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Refusal(Exception):
    """An action was refused.

    code: one of the protocol's error codes.
    message: a translatable sentence for users that says what is wrong and what to do.
    field: the name of the invalid field, or "".
    retry_after: seconds until the same request may succeed, rounded up to tenths, or None.
    """

    code = "invalid"
    default_message: str | Promise = ""

    def __init__(self, message: str | Promise = "", *, field: str = "", retry_after: float | None = None) -> None:
        self.message = message or self.default_message
        self.field = field
        self.retry_after = None if retry_after is None else _rounded_up(retry_after)
        super().__init__(self.detail)

    @property
    def detail(self) -> str:
        """The message for programs, prefixed with the name of the field if there is one."""
        return f"{self.field}: {self.message}" if self.field else str(self.message)

    def as_data(self) -> dict[str, Any]:
        """Return the error as sent by the live protocol and the JSON views."""
        data: dict[str, Any] = {"code": self.code, "detail": self.detail}
        if self.field:
            data["field"] = self.field
        if self.retry_after is not None:
            data["retry_after"] = self.retry_after
        return data


class NotFound(Refusal):
    code = "not_found"
    default_message = _("Not found, or you don’t have access.")


class Forbidden(Refusal):
    code = "forbidden"
    default_message = _("You don’t have permission to do this.")


class Blocked(Refusal):
    code = "blocked"
    default_message = _("You can’t message this person.")


class NotAMember(NotFound):
    default_message = _("You’re not in this room.")


class Archived(Refusal):
    code = "archived"
    default_message = _("This room is archived and read-only.")


class LimitReached(Refusal):
    code = "rate_limited"


class Invalid(Refusal):
    default_message = _("That isn’t valid.")


class NameTaken(Invalid):
    default_message = _("There’s already a room with that name, or one that looks like it.")


def _rounded_up(seconds: float) -> float:
    """Never to 0, as the client would ask again at once and too early."""
    return math.ceil(round(seconds * 10, 6)) / 10
