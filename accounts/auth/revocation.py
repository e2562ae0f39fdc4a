"""Sockets end with the session that opened them, or one by one."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.dispatch import receiver

from accounts import audit
from accounts.audit import Kind
from accounts.models import Connection, User
from accounts.signals import sessions_ended
from live.close_codes import DISCONNECTED_BY_ADMIN, SIGNED_OUT
from live.envelope import Close
from live.publish import publish_all
from live.topics import session_topic, user_topic


@receiver(sessions_ended)
def close_sockets(
    sender: object, user: User, session_keys: Iterable[str] = (), keep: str | None = None, **kwargs: Any
) -> None:
    """Close the sockets of the named sessions, or without any, all of the person's but those of `keep`."""
    if session_keys:
        publish_all([Close(session_topic(key), SIGNED_OUT) for key in session_keys])
    else:
        publish_all([Close(user_topic(user.pk), SIGNED_OUT, except_topic=session_topic(keep) if keep else "")])


@transaction.atomic
def disconnect(*, connections: Iterable[Connection]) -> None:
    """Close these sockets, wherever they are served; the people may come back. Twice is once.

    The mark in the row is for a process that heard nothing of it: its watch looks for marks.
    """
    chosen = list(connections)
    Connection.objects.filter(pk__in=[connection.pk for connection in chosen]).update(is_dismissed=True)
    for connection in chosen:
        audit.record(Kind.DISCONNECTED, target=connection.user, address=connection.address)
        publish_all([Close(user_topic(connection.user_id), DISCONNECTED_BY_ADMIN, only_key=connection.pk.hex)])
