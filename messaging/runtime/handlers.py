"""Describes the handlers of commands: where they run, what they return, and the scope that a token needs for them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from accounts.models import Scope, User


@dataclass(frozen=True, slots=True)
class Reply:
    """The fields of the `ok` event, and the encoded events sent before it."""

    fields: dict[str, Any] = field(default_factory=dict)
    events: list[str] = field(default_factory=list)


class Runs(Enum):
    """The thread of a handler, and its arguments. A handler returns a Reply, or None to send no `ok` event."""

    ON_LOOP = auto()  # (session, command), called on the event loop
    AWAITED = auto()  # (session, command), awaited on the event loop, for example for the result of a batch
    READING = auto()  # (user, command), called in a thread that reads the database
    WRITING = auto()  # (user, command), called in a thread that writes; refused while the server closes


@dataclass(frozen=True, slots=True)
class Handler:
    """A command's handler.

    scope: the scope that a token needs for it. Without one, every token will do.
    is_activity: False for commands that clients send without any action by the user.
    moderates: returns whether the command is a moderator's, for which a token needs the scope `moderate`. It runs in
        the handler's thread.
    """

    function: Callable[..., Any]
    runs: Runs
    scope: Scope | None
    is_activity: bool = True
    moderates: Callable[[User, Any], bool] | None = None
