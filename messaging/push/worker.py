"""Threads of the server that send push notifications."""

import asyncio
import logging
import queue as queues
import threading
import time
import uuid
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import NamedTuple
from urllib.parse import urlsplit

from django.db import close_old_connections, connections, transaction
from django.utils import timezone

from live import outages
from messaging.models import PushSubscription
from messaging.push import queue, wakeup
from messaging.push.composer import Composed, compose
from messaging.push.delivery import RESULTS, Kind, Outcome, deliver
from messaging.push.queue import Claim, Settled, pause_after
from messaging.push.rest import Rest
from messaging.push.services import MAX_REQUESTS, push_client
from outbound.threads import DaemonThreads

logger = logging.getLogger(__name__)

POLL_SECONDS = 5.0  # for retries, and for what a process that has died left behind
STOP_SECONDS = 2.0
PIECE = 100  # claimed notifications that haven't been settled, at most one and a half pieces
GATHER_SECONDS = 0.25  # in which what came of several is gathered and stored together
# A notification that has waited this long is left to the next attempt, so that it isn't sent twice.
START_SECONDS = queue.LEASE.total_seconds() - 30


class _Task(NamedTuple):
    claim: Claim
    composed: Composed
    claimed_at: float


class _Done(NamedTuple):
    task: _Task
    outcome: Outcome


class PushWorker:
    """Sends push notifications in the background. Every server process has one.

    One thread reads and writes the database, others talk to push services.
    """

    def __init__(self) -> None:
        self._wake = threading.Event()
        self._is_stopping = False
        self._open = 0  # tasks that haven't been settled
        self._done: queues.SimpleQueue[_Done] = queues.SimpleQueue()
        self._unsettled: list[_Done] = []
        self._client = push_client()
        self._rest = Rest()
        self._senders = DaemonThreads(MAX_REQUESTS, "push")
        self._thread = threading.Thread(target=self._run, name="push", daemon=True)
        self._thread.start()
        wakeup.register(self._wake)

    async def stop(self) -> None:
        wakeup.unregister(self._wake)
        self._is_stopping = True
        self._wake.set()
        self._senders.stop()
        await asyncio.to_thread(self._thread.join, STOP_SECONDS)
        self._client.close()

    def _run(self) -> None:
        try:
            while not self._is_stopping:
                self._wake.wait(POLL_SECONDS)
                self._wake.clear()
                self._work()
        finally:
            connections.close_all()

    def _work(self) -> None:
        try:
            close_old_connections()
            while self._refill():
                self._unsettled += self._gather()
                self._settle()
        except Exception as error:
            if not outages.report(error):
                logger.exception("push notifications could not be sent")
        finally:
            close_old_connections()

    def _refill(self) -> bool:
        """Claim more notifications if there are few left. Return whether there is anything to do."""
        if self._is_stopping or self._open > PIECE // 2 or not queue.is_any_due():
            return bool(self._open or self._unsettled)
        claimed = queue.claim(PIECE)
        composed = compose(claimed.ids)
        queue.settle(claimed, Settled(dropped=list(set(claimed.ids) - {each.id for each in composed})))
        self._open += len(composed)
        for each in composed:
            self._senders.submit(partial(self._send, _Task(claimed, each, time.monotonic())))
        return True

    def _send(self, task: _Task) -> None:
        try:
            outcome = self._deliver(task)
        except Exception:
            logger.exception("push notification %d could not be sent", task.composed.id)
            outcome = Outcome(Kind.LATER, "error")
        self._done.put(_Done(task, outcome))

    def _deliver(self, task: _Task) -> Outcome:
        composed, host = task.composed, urlsplit(task.composed.subscription.endpoint).netloc
        if self._is_stopping or time.monotonic() - task.claimed_at > START_SECONDS:
            return Outcome(Kind.LATER)
        if wait := self._rest.seconds_left(host):
            return Outcome(Kind.LATER, retry_after=wait)
        outcome = deliver(composed.subscription, composed.envelope, composed.content.encoded, self._client)
        self._rest.note(host, is_unreachable=outcome.is_unreachable, reason=outcome.reason)
        return outcome

    def _gather(self) -> list[_Done]:
        """Return what came of some notifications, at the latest after GATHER_SECONDS."""
        found: list[_Done] = []
        until = time.monotonic() + GATHER_SECONDS
        while len(found) < min(self._open, PIECE // 2) and (left := until - time.monotonic()) > 0:
            with suppress(queues.Empty):
                found.append(self._done.get(timeout=left))
        self._open -= len(found)
        return found

    def _settle(self) -> None:
        """Store what came of notifications, together for each claim. If that fails, it is tried again."""
        if not self._unsettled:
            return
        by_claim: dict[uuid.UUID, list[_Done]] = {}
        for each in self._unsettled:
            by_claim.setdefault(each.task.claim.token, []).append(each)
        with transaction.atomic():
            for some in by_claim.values():
                queue.settle(some[0].task.claim, _settled(some))
            _record(self._unsettled)
        self._unsettled.clear()


def _settled(done: list[_Done]) -> Settled:
    settled = Settled()
    for task, outcome in done:
        composed = task.composed
        if outcome.kind is Kind.DELIVERED:
            (settled.closed if composed.is_closing else settled.sent).append(composed.id)
        elif outcome.kind is Kind.LATER:
            pause = max(pause_after(composed.attempts), timedelta(seconds=outcome.retry_after))
            settled.delayed.append((composed.id, pause))
        elif outcome.kind is Kind.REFUSED:
            settled.dropped.append(composed.id)
    return settled  # what is gone is deleted with its subscription


def _record(done: list[_Done]) -> None:
    """Store for each device what came of the last attempt, and remove those that no longer exist."""
    gone: list[int] = []
    by_result: dict[tuple[Kind, str], list[int]] = {}
    for task, outcome in done:
        pk = task.composed.subscription.pk
        if outcome.kind is Kind.GONE:
            gone.append(pk)
        elif outcome.reason or outcome.kind is Kind.DELIVERED:
            by_result.setdefault((outcome.kind, outcome.reason), []).append(pk)
    for (kind, reason), pks in by_result.items():
        fields = {"attempted_at": timezone.now(), "result": RESULTS[kind], "reason": reason}
        PushSubscription.objects.filter(pk__in=pks).update(**fields)
    if gone:
        PushSubscription.objects.filter(pk__in=gone).delete()
