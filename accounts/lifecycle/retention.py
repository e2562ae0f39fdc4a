"""What is kept for a while only: audit events, samples of activity, sessions that ran out."""

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

BATCH = 1000  # rows of one transaction: others write in between
FIRST_SECONDS = 300.0  # after a start; a server that is restarted daily prunes all the same
EVERY_SECONDS = 24 * 3600.0


def prune(*, dry_run: bool = False) -> dict[str, int]:
    """Remove what is outdated, and return how many of each; with `dry_run` only count."""
    outdated: dict[str, QuerySet] = {
        "audit events": AuditEvent.objects.outdated(),
        "activity samples": ActivitySample.objects.outdated(),
        "sessions": Session.objects.filter(expire_date__lt=timezone.now()),
        # allauth's list of them, which it tidies only for who looks at theirs
        "session details": UserSession.objects.filter(~Exists(_session_of_it())),
    }
    return {name: found.count() if dry_run else _remove(found) for name, found in outdated.items()}


async def prune_daily() -> None:
    """Prune until cancelled; not at the same moment as the other processes."""
    await asyncio.sleep(FIRST_SECONDS * random.uniform(1, 2))  # noqa: S311
    while True:
        try:
            removed = await in_writing_thread(prune)
            logger.info("pruned: %s", ", ".join(f"{count} {name}" for name, count in removed.items()))
        except Exception:
            logger.exception("could not prune; trying again tomorrow")
        await asyncio.sleep(EVERY_SECONDS)


def _session_of_it() -> QuerySet[Session]:
    return Session.objects.filter(session_key=OuterRef("session_key"), expire_date__gte=timezone.now())


def _remove(found: QuerySet) -> int:
    removed = 0
    while ids := list(found.order_by("pk").values_list("pk", flat=True)[:BATCH]):
        found.model._default_manager.filter(pk__in=ids).delete()
        removed += len(ids)
    return removed
