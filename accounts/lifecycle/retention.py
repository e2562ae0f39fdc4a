"""Data retention: deletes old audit events, activity samples, sessions and what other apps register."""

import asyncio
import logging
import random
import time
from collections.abc import Callable, Iterator

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from accounts.models import ActivitySample, AuditEvent
from live.db_threads import in_writing_thread

Finder = Callable[[], QuerySet]

_registered: dict[str, Finder] = {}
logger = logging.getLogger(__name__)

BATCH = 500  # rows per transaction
PAUSE_SECONDS = 0.05  # between two batches, so that other transactions can write
FIRST_SECONDS = 300.0  # after startup, so that a server that is restarted daily also prunes
EVERY_SECONDS = 24 * 3600.0


def register(name: str, find: Finder) -> None:
    """Also delete the rows that `find` returns. `name` is their name in the plural."""
    _registered[name] = find


def prune(*, dry_run: bool = False) -> dict[str, int]:
    """Delete outdated rows, or only count them if `dry_run`. Return the number of rows by kind."""
    if dry_run:
        return {name: found.count() for name, found in _outdated().items()}
    removed = dict.fromkeys(_outdated(), 0)
    for name, count in prune_batches():
        removed[name] += count
        time.sleep(PAUSE_SECONDS)
    return removed


def prune_batches() -> Iterator[tuple[str, int]]:
    """Delete outdated rows in batches. Yield the kind and the number of rows of each batch."""
    for name, found in _outdated().items():
        last = None
        while ids := list(_after(last, found)[:BATCH]):
            found.model._default_manager.filter(pk__in=ids).delete()
            last = ids[-1]
            yield name, len(ids)


async def prune_daily() -> None:
    """Prune daily until cancelled, at a random time so that processes don't prune simultaneously."""
    await asyncio.sleep(FIRST_SECONDS * random.uniform(1, 2))  # noqa: S311
    while True:
        try:
            removed = await _prune_with_pauses()
            logger.info("pruned: %s", ", ".join(f"{count} {name}" for name, count in removed.items()))
        except Exception:
            logger.exception("could not prune; trying again tomorrow")
        await asyncio.sleep(EVERY_SECONDS)


async def _prune_with_pauses() -> dict[str, int]:
    """Prune without occupying a thread or the database between two batches."""
    removed, batches = dict.fromkeys(_outdated(), 0), prune_batches()
    while (batch := await in_writing_thread(next, batches, None)) is not None:
        removed[batch[0]] += batch[1]
        await asyncio.sleep(PAUSE_SECONDS)
    return removed


def _outdated() -> dict[str, QuerySet]:
    return {
        "audit events": AuditEvent.objects.outdated(),
        "activity samples": ActivitySample.objects.outdated(),
        "sessions": Session.objects.filter(expire_date__lt=timezone.now()),
        # allauth deletes these only for users who open their list of sessions.
        "session details": UserSession.objects.filter(~Exists(_live_session())),
        **{name: find() for name, find in _registered.items()},
    }


def _live_session() -> QuerySet[Session]:
    return Session.objects.filter(session_key=OuterRef("session_key"), expire_date__gte=timezone.now())


def _after(last: object, found: QuerySet) -> QuerySet:
    """Return the ids after `last`, so that no batch reads rows that earlier batches have kept."""
    return (found if last is None else found.filter(pk__gt=last)).order_by("pk").values_list("pk", flat=True)
