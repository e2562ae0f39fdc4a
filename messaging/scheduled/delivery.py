"""Posts scheduled messages when they are due. Each process does it, in pieces, through its writer."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.profile.notices import leave_notice
from live.db_threads import in_thread, in_writing_thread
from live.rate_limit import TokenBuckets
from messaging.errors import Closing, NotCurrent, RateLimited, SlowMode, Unavailable
from messaging.history import events
from messaging.models import ScheduledMessage
from messaging.models.scheduled import MAX_PROBLEM
from messaging.posting.batch import Result
from messaging.posting.writer import Writer
from messaging.scheduled.actions import make_draft
from rooms.errors import Refusal

POLL_SECONDS = 1.0
PIECE = 50  # messages that are posted together; others' posts go in between
LEASE = timedelta(seconds=30)  # after which a message is tried again, if the process has died
CHARACTERS_PER_TOKEN = 2_000  # as for a post by the socket
TEMPORARY = (Closing, RateLimited, SlowMode, Unavailable)
MIN_DELAY = 1.0  # seconds

Refused = tuple[ScheduledMessage, Refusal]


class ScheduledDelivery:
    """Posts messages that are due. `limits`: those of the users' sockets, from which these posts take tokens, too."""

    def __init__(self, writer: Writer, limits: TokenBuckets) -> None:
        self._writer = writer
        self._limits = limits

    async def work(self) -> bool:
        """Post some of the messages that are due. Return whether there may be more."""
        if not await in_thread(is_any_due):
            return False
        claimed = await in_writing_thread(claim)
        results = await asyncio.gather(*map(self._post, claimed))
        pairs = zip(claimed, results, strict=True)
        refused = [(scheduled, result) for scheduled, result in pairs if isinstance(result, Refusal)]
        if refused:
            await in_writing_thread(note_refusals, refused)
        return len(claimed) == PIECE

    async def _post(self, scheduled: ScheduledMessage) -> Result:
        if wait := self._limits.take(scheduled.sender_id, 1 + len(scheduled.body) // CHARACTERS_PER_TOKEN):
            return RateLimited(retry_after=wait)
        posted: asyncio.Future[Result] = asyncio.get_running_loop().create_future()

        def acknowledge(result: Result) -> None:
            if not posted.done():
                posted.set_result(result)

        self._writer.submit(make_draft(scheduled), acknowledge)
        return await posted


def is_any_due() -> bool:
    """Return whether there is anything to do, without locking the database."""
    return _due(timezone.now()).exists()


@transaction.atomic
def claim() -> list[ScheduledMessage]:
    """Return some of the messages that are due. No other process returns them before LEASE is over."""
    now = timezone.now()
    due = _due(now).order_by("attempt_at", "pk")
    claimed = list(due.select_for_update(skip_locked=True, of=("self",))[:PIECE])
    ScheduledMessage.objects.filter(pk__in=[each.pk for each in claimed]).update(attempt_at=now + LEASE)
    return claimed


@transaction.atomic
def note_refusals(refused: Sequence[Refused]) -> None:
    """Keep messages that were refused: until later, or until their senders change them, whom this notifies."""
    found = ScheduledMessage.objects.select_for_update(of=("self",)).select_related("sender", "room").order_by("pk")
    current = {each.pk: each for each in found.filter(pk__in=[scheduled.pk for scheduled, _refusal in refused])}
    for claimed, refusal in refused:
        scheduled = current.get(claimed.pk)
        if scheduled is None or scheduled.revision != claimed.revision or isinstance(refusal, NotCurrent):
            continue
        if isinstance(refusal, TEMPORARY):
            scheduled.attempt_at = _retry_at(refusal)
            scheduled.save(update_fields=["attempt_at"])
        else:
            _keep(scheduled, refusal)


def _due(now: datetime) -> "QuerySet[ScheduledMessage]":
    return ScheduledMessage.objects.filter(attempt_at__lte=now, room__isnull=False)


def _retry_at(refusal: Refusal) -> datetime:
    return timezone.now() + timedelta(seconds=max(refusal.retry_after or 0.0, MIN_DELAY))


def _keep(scheduled: ScheduledMessage, refusal: Refusal) -> None:
    sender = scheduled.sender
    with translation.override(sender.preferred_language):
        reason = str(refusal.message) if sender.is_active else _("Your account was suspended.")
        scheduled.problem = reason[:MAX_PROBLEM]
        notice = _("A scheduled message couldn’t be sent: %(reason)s") % {"reason": scheduled.problem}
    scheduled.attempt_at = None
    scheduled.save(update_fields=["attempt_at", "problem"])
    events.announce_scheduled(scheduled)
    leave_notice(sender.pk, notice)
