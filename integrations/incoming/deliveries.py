"""Stores the results of requests: the newest of each webhook, and their numbers."""

import asyncio
import logging
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import DatabaseError, InterfaceError, transaction
from django.db.models import F
from django.utils import timezone

from integrations.incoming.queries import MAX_DELIVERIES
from integrations.models import IncomingWebhook, WebhookDelivery
from integrations.models.incoming import MAX_DETAIL
from live.db_threads import in_writing_thread

logger = logging.getLogger(__name__)

PAUSE_SECONDS = 0.5  # so that many requests share a transaction
MAX_WAITING = 2_000  # results without their numbers; the oldest aren't listed


@dataclass(slots=True)
class Results:
    """The results of a webhook's requests that aren't stored yet."""

    newest: list[WebhookDelivery]
    counts: Counter[bool]  # by whether they were accepted


class DeliveryLog:
    """Stores results in the background. Requests don't wait for it. Use it on the event loop only."""

    def __init__(self) -> None:
        self._waiting: dict[int, Results] = defaultdict(lambda: Results([], Counter()))
        self._task: asyncio.Task[None] | None = None

    def note(self, delivery: WebhookDelivery) -> None:
        results = self._waiting[delivery.webhook_id]
        results.counts[delivery.is_accepted] += 1
        results.newest = [*results.newest, delivery][-MAX_DELIVERIES:]
        if self._task is None:
            self._task = asyncio.create_task(self._store_all())

    async def _store_all(self) -> None:
        while self._waiting:
            await asyncio.sleep(PAUSE_SECONDS)
            waiting, self._waiting = self._waiting, defaultdict(lambda: Results([], Counter()))
            try:
                await in_writing_thread(store, list(waiting.items()))
            except (DatabaseError, InterfaceError) as error:
                logger.warning("results of %d webhooks could not be stored: %s", len(waiting), error)
        self._task = None


@transaction.atomic
def store(waiting: Sequence[tuple[int, Results]]) -> None:
    """Store the newest results and the numbers of several webhooks, and delete those that are too old."""
    wanted = sorted(pk for pk, _results in waiting)
    ids = IncomingWebhook.objects.select_for_update().filter(pk__in=wanted).order_by("pk").values_list("pk", flat=True)
    existing = set(ids)  # others were deleted in the meantime
    for pk, results in sorted(waiting, key=lambda each: each[0]):
        if pk in existing:
            _count(pk, results)
            WebhookDelivery.objects.bulk_create(results.newest)
            kept = WebhookDelivery.objects.filter(webhook=pk).order_by("-pk").values_list("pk", flat=True)
            oldest = list(kept[MAX_DELIVERIES - 1 : MAX_DELIVERIES])
            if oldest:
                WebhookDelivery.objects.filter(webhook=pk, pk__lt=oldest[0]).delete()


def _count(pk: int, results: Results) -> None:
    changes: dict[str, object] = {
        "accepted": F("accepted") + results.counts[True],
        "refused": F("refused") + results.counts[False],
        "last_used_at": timezone.now(),
    }
    if failed := [each for each in results.newest if not each.is_accepted]:
        changes |= {"last_error": failed[-1].detail[:MAX_DETAIL], "last_error_at": failed[-1].at}
    IncomingWebhook.objects.filter(pk=pk).update(**changes)
