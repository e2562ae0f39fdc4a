"""Refusals: what an action answers when it may not, or cannot, do what was asked."""


class Refusal(Exception):
    """An action refused. `code` is one of the protocol's error codes, `detail` a sentence for a person."""

    code = "invalid"

    def __init__(self, detail: str = "", *, retry_after: float | None = None) -> None:
        self.detail = detail or self.__doc__ or ""
        self.retry_after = retry_after
        super().__init__(self.detail)


class NotFound(Refusal):
    """There is nothing here, or nothing that you may see."""

    code = "not_found"


class Forbidden(Refusal):
    """You may not do this."""

    code = "forbidden"


class Blocked(Refusal):
    """You cannot write to this person directly."""

    code = "blocked"


class NotAMember(NotFound):
    """You are not in this room."""


class Archived(Refusal):
    """This room is archived; nothing can be written in it."""

    code = "archived"


class Invalid(Refusal):
    """This cannot be taken as it is."""


class NameTaken(Invalid):
    """A public room of this name exists already; choose another name."""
