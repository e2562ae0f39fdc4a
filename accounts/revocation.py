"""Sockets end with the session that opened them."""

from collections.abc import Iterable
from typing import Any

from django.dispatch import receiver

from accounts.models import User
from accounts.signals import sessions_ended
from live.codes import SIGNED_OUT
from live.publish import publish
from live.topics import session_topic, user_topic


@receiver(sessions_ended)
def close_sockets(
    sender: object, user: User, session_keys: Iterable[str] = (), keep: str | None = None, **kwargs: Any
) -> None:
    """Close the sockets of the named sessions, or without any, all of the person's but those of `keep`."""
    if session_keys:
        for key in session_keys:
            publish(session_topic(key), close=SIGNED_OUT)
    else:
        publish(user_topic(user.pk), close=SIGNED_OUT, spare=session_topic(keep) if keep else "")
