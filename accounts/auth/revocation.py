"""Closes sockets: those of ended sessions, and those that an admin disconnects."""

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
    """Close the sockets of `session_keys`, or without any, all of the person's but those of the session `keep`."""
    if session_keys:
        publish_all([Close(session_topic(key), SIGNED_OUT) for key in session_keys])
    else:
        publish_all([Close(user_topic(user.pk), SIGNED_OUT, except_topic=session_topic(keep) if keep else "")])


@transaction.atomic
def disconnect(*, connections: Iterable[Connection]) -> None:
    """Close these sockets on whichever process; the people may reconnect.

    The row's `is_dismissed` is for a process that the publication didn't reach: its reconciler looks for it.
    """
    connections = list(connections)
    Connection.objects.filter(pk__in=[connection.pk for connection in connections]).update(is_dismissed=True)
    for connection in connections:
        audit.record(Kind.DISCONNECTED, target=connection.user, address=connection.address)
        publish_all([Close(user_topic(connection.user_id), DISCONNECTED_BY_ADMIN, only_key=connection.pk.hex)])
