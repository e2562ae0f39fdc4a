"""Publish to sockets after the commit, whether or not the channel layer works."""

import logging
from collections.abc import Sequence
from functools import partial
from typing import Any

from django.db import transaction

from live.envelope import Control, Envelope, Event
from live.hub import get_hub

logger = logging.getLogger(__name__)


def publish(topic: str, event: dict[str, Any], *controls: Control, about: tuple[int, ...] = ()) -> None:
    """Deliver `event` to all sockets of `topic`, on every process, then apply `controls`, once the transaction commits.

    about: ids of the people in the event; it is redacted for sockets that block one of them.
    """
    publish_all([Event.of(topic, event, about=about), *controls])


def publish_all(envelopes: Sequence[Envelope]) -> None:
    """Deliver envelopes in their order once the transaction commits.

    An unavailable channel layer never raises an error here. Published events are only hints: the database is
    authoritative, and pages compare their versions with it.
    """
    if envelopes:
        transaction.on_commit(partial(_hand_over, envelopes))


def publish_now(topic: str, event: dict[str, Any], *, about: tuple[int, ...] = ()) -> None:
    """Deliver an event that is not stored, such as a typing notice. May be called on the event loop."""
    _hand_over([Event.of(topic, event, about=about, ephemeral=True)])


def _hand_over(envelopes: Sequence[Envelope]) -> None:
    try:
        get_hub().publish(envelopes)
    except Exception:
        logger.exception("could not hand over %d envelopes", len(envelopes))
