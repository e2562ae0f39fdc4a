"""Writes the audit log, which never contains the text of messages.

Actions call `record` inside their transaction, so that a rollback leaves no entry. The request, socket or command sets
the origin, so that actions don't have to pass it on.
"""

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import regex
from django.db import models, transaction

from accounts.models import AuditEvent, User

logger = logging.getLogger("chatsite.audit")  # writes to CHAT_LOG_FILE, if set, and nowhere else

Kind = AuditEvent.Kind

_HIDDEN = regex.compile(r"[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]")


@dataclass(frozen=True, slots=True)
class Origin:
    """The origin of actions. `actor` is called when an action is recorded: on login, the user isn't known earlier."""

    address: str
    actor: Callable[[], User | None]


CONSOLE = Origin("console", lambda: None)

_origin: ContextVar[Origin] = ContextVar("origin", default=CONSOLE)


@contextmanager
def origin(*, address: str, actor: Callable[[], User | None]) -> Iterator[None]:
    """Set the address, and the default actor, of the actions recorded within the block."""
    token = _origin.set(Origin(address, actor))
    try:
        yield
    finally:
        _origin.reset(token)


def is_console() -> bool:
    """Return whether this code runs in a command on the server, and not for a request or a socket."""
    return _origin.get() is CONSOLE


def record(kind: Kind, /, *, actor: User | None = None, target: models.Model | str = "", **detail: Any) -> None:
    """Record an action on `target`, an object or a name. `detail` is plain data and never contains a message's text."""
    origin = _origin.get()
    actor = actor or origin.actor()
    event = AuditEvent(kind=kind, address=origin.address[:64], detail=detail, **_target_columns(target))
    if actor is not None:
        event.actor_id, event.actor_name = actor.pk, actor.username
    _store(event)


def record_anonymously(kind: Kind, /) -> None:
    """Record a private action between users, without their names."""
    _store(AuditEvent(kind=kind))


def _store(event: AuditEvent) -> None:
    event.save(force_insert=True)
    transaction.on_commit(lambda: logger.info(as_line(event)), robust=True)


def as_line(event: AuditEvent) -> str:
    """Return the event as JSON. Escape invisible characters, because names may contain terminal control sequences."""
    text = json.dumps(event.as_data(), ensure_ascii=False)
    return _HIDDEN.sub(lambda hidden: json.dumps(hidden.group())[1:-1], text)


def _target_columns(target: models.Model | str) -> dict[str, Any]:
    if isinstance(target, str):
        return {"target_name": target[:254]}
    name = target.username if isinstance(target, User) else str(target)
    return {"target_kind": target._meta.model_name, "target_id": target.pk, "target_name": name[:254]}
