"""Closes the sockets of ended sessions and those that an admin disconnects."""

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
    """Close the sockets of `session_keys` or, if empty, all of the user's sockets except those of session `keep`."""
    if session_keys:
        publish_all([Close(session_topic(key), SIGNED_OUT) for key in session_keys])
    else:
        publish_all([Close(user_topic(user.pk), SIGNED_OUT, except_topic=session_topic(keep) if keep else "")])


@transaction.atomic
def disconnect(*, connections: Iterable[Connection]) -> None:
    """Close these sockets, whichever process holds them. The users may reconnect.

    `is_dismissed` is set for processes that miss the published event: their reconcilers look for it.
    """
    connections = list(connections)
    Connection.objects.filter(pk__in=[connection.pk for connection in connections]).update(is_dismissed=True)
    for connection in connections:
        audit.record(Kind.DISCONNECTED, target=connection.user, address=connection.address)
        publish_all([Close(user_topic(connection.user_id), DISCONNECTED_BY_ADMIN, only_key=connection.pk.hex)])
