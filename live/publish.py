"""Telling the sockets, after the commit and whatever becomes of the channel layer."""

import logging
from collections.abc import Sequence
from functools import partial
from typing import Any

from django.db import transaction

from live.envelope import Envelope, encoded
from live.hub import get_hub

logger = logging.getLogger(__name__)


def publish(
    topic: str,
    event: dict[str, Any] | None = None,
    *,
    author: int = 0,
    author_event: dict[str, Any] | None = None,
    version: int = 0,
    subscribe: str = "",
    unsubscribe: str = "",
    known: int = -1,
    close: int = 0,
    spare: str = "",
    people: tuple[int, ...] = (),
    hidden: list[int] | None = None,
    only: str = "",
) -> None:
    """Deliver `event` to all sockets of `topic`, on every process, once the transaction commits.

    See `Envelope` for the meaning of the rest. Never raises for a channel layer that is away: what
    is published is a hint, the database is the truth, and pages compare versions with it.
    """
    envelope = Envelope(
        topic=topic,
        text=encoded(event) if event else "",
        version=version,
        author=author if author_event else 0,
        author_text=encoded(author_event) if author_event else "",
        subscribe=subscribe,
        unsubscribe=unsubscribe,
        known=known,
        close=close,
        spare=spare,
        people=people,
        hidden=hidden,
        only=only,
    )
    publish_all([envelope])


def publish_all(envelopes: Sequence[Envelope]) -> None:
    """Deliver these in their order, once the transaction commits."""
    if envelopes:
        transaction.on_commit(partial(_hand_over, envelopes))


def publish_now(topic: str, event: dict[str, Any], *, people: tuple[int, ...] = ()) -> None:
    """Deliver what is stored nowhere, such as typing; may be called on the event loop."""
    _hand_over([Envelope(topic=topic, text=encoded(event), fleeting=True, people=people)])


def _hand_over(envelopes: Sequence[Envelope]) -> None:
    try:
        get_hub().publish(envelopes)
    except Exception:
        logger.exception("could not hand over %d events", len(envelopes))
