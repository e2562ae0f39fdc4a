"""Data retention: deletes old audit events, activity samples and sessions."""

import asyncio
import logging
import random

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from accounts.models import ActivitySample, AuditEvent
from live.db_threads import in_writing_thread

logger = logging.getLogger(__name__)

BATCH = 1000  # rows per transaction, so that other transactions can write in between
FIRST_SECONDS = 300.0  # after startup, so that a server that is restarted daily also prunes
EVERY_SECONDS = 24 * 3600.0


def prune(*, dry_run: bool = False) -> dict[str, int]:
    """Delete outdated rows, or only count them if `dry_run`. Return the number of rows by kind."""
    outdated: dict[str, QuerySet] = {
        "audit events": AuditEvent.objects.outdated(),
        "activity samples": ActivitySample.objects.outdated(),
        "sessions": Session.objects.filter(expire_date__lt=timezone.now()),
        # allauth deletes these only for users who open their list of sessions.
        "session details": UserSession.objects.filter(~Exists(_live_session())),
    }
    return {name: found.count() if dry_run else _delete(found) for name, found in outdated.items()}


async def prune_daily() -> None:
    """Prune daily until cancelled, at a random time so that processes don't prune simultaneously."""
    await asyncio.sleep(FIRST_SECONDS * random.uniform(1, 2))  # noqa: S311
    while True:
        try:
            removed = await in_writing_thread(prune)
            logger.info("pruned: %s", ", ".join(f"{count} {name}" for name, count in removed.items()))
        except Exception:
            logger.exception("could not prune; trying again tomorrow")
        await asyncio.sleep(EVERY_SECONDS)


def _live_session() -> QuerySet[Session]:
    return Session.objects.filter(session_key=OuterRef("session_key"), expire_date__gte=timezone.now())


def _delete(found: QuerySet) -> int:
    deleted = 0
    while ids := list(found.order_by("pk").values_list("pk", flat=True)[:BATCH]):
        found.model._default_manager.filter(pk__in=ids).delete()
        deleted += len(ids)
    return deleted
