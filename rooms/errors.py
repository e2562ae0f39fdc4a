"""Refusals: what an action answers when it may not, or cannot, do what was asked."""


class Refusal(Exception):
    """An action refused. `code` is one of the protocol's error codes, `detail` a sentence for a person."""

    code = "invalid"

    def __init__(self, detail: str = "", *, retry_after: float | None = None) -> None:
        self.detail = detail or self.__doc__ or ""
        self.retry_after = retry_after
        super().__init__(self.detail)


class NotFound(Refusal):
    """Not found, or you don’t have access."""

    code = "not_found"


class Forbidden(Refusal):
    """You don’t have permission to do this."""

    code = "forbidden"


class Blocked(Refusal):
    """You can’t message this person."""

    code = "blocked"


class NotAMember(NotFound):
    """You’re not in this room."""


class Archived(Refusal):
    """This room is archived and read-only."""

    code = "archived"


class Invalid(Refusal):
    """That isn’t valid."""


class NameTaken(Invalid):
    """There’s already a room with that name."""
