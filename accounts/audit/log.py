"""The audit log: who did what, when and from where. Never what anybody wrote.

A verb calls `record` inside its transaction, so that what is undone leaves no trace. Who asks and from where is
known to the door they came by, a page, a socket or a command, and needs not be passed through every verb.
"""

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import models, transaction

from accounts.models import AuditEvent, User

logger = logging.getLogger("chatsite.audit")  # has a handler where CHAT_LOG_FILE is set, and none elsewhere

Kind = AuditEvent.Kind


@dataclass(frozen=True, slots=True)
class Origin:
    """`actor` is asked when something is recorded: whoever logs in is somebody only then."""

    address: str
    actor: Callable[[], User | None]


def no_actor() -> None:
    return None


CONSOLE = Origin("console", no_actor)

_origin: ContextVar[Origin] = ContextVar("origin", default=CONSOLE)


@contextmanager
def origin(*, address: str, actor: Callable[[], User | None]) -> Iterator[None]:
    """What is recorded within the block came from there, and by this person where the verb names no other."""
    token = _origin.set(Origin(address, actor))
    try:
        yield
    finally:
        _origin.reset(token)


def record(kind: Kind, /, *, actor: User | None = None, target: models.Model | str = "", **detail: Any) -> None:
    """`target` is what it was done to, or only its name. `detail` is plain data, and never a message's text."""
    origin = _origin.get()
    actor = actor or origin.actor()
    event = AuditEvent(kind=kind, address=origin.address[:64], detail=detail, **_named(target))
    if actor is not None:
        event.actor_id, event.actor_name = actor.pk, actor.username
    _store(event)


def record_anonymously(kind: Kind, /) -> None:
    """That it happened, and nothing about whom: what people do among themselves is theirs."""
    _store(AuditEvent(kind=kind))


def _store(event: AuditEvent) -> None:
    event.save(force_insert=True)
    transaction.on_commit(partial(_append, event), robust=True)


def _append(event: AuditEvent) -> None:
    logger.info(json.dumps(event.as_data(), ensure_ascii=False))


def _named(target: models.Model | str) -> dict[str, Any]:
    if isinstance(target, str):
        return {"target_name": target[:254]}
    name = target.username if isinstance(target, User) else str(target)
    return {"target_kind": target._meta.model_name, "target_id": target.pk, "target_name": name[:254]}
