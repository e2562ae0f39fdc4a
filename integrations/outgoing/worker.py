"""Delivers messages to webhooks, and posts what their servers answer. Every server process has a worker."""

import asyncio
import logging
import uuid
from collections import Counter

from integrations.aliases import check_alias
from integrations.models import OutgoingDelivery
from integrations.outgoing import backlog, queue
from integrations.outgoing.answers import Answer, InvalidAnswer, answer_in
from integrations.outgoing.delivery import SECONDS, compose, outcome_of
from integrations.outgoing.files import File, store_file
from integrations.outgoing.queue import Kind, Outcome
from integrations.servers.requests import Request, clean, server_client
from live import outages
from live.db_threads import in_thread, in_writing_thread
from live.periodic import PieceWorker
from messaging.errors import Closing, RateLimited, SlowMode, Unavailable
from messaging.history.journal import find_message
from messaging.posting.batch import Draft, Result
from messaging.posting.inserts import find_stored
from messaging.runtime.engine import Engine
from outbound.guard import NotAllowed
from rooms.errors import Refusal

POLL_SECONDS = 0.25
MAX_IN_FLIGHT = 40

TEMPORARY = (Closing, RateLimited, SlowMode, Unavailable)

logger = logging.getLogger(__name__)


class WebhookWorker:
    """Looks for messages that webhooks send, and makes up to MAX_IN_FLIGHT deliveries at a time."""

    def __init__(self, engine: Engine) -> None:
        self._writer, self._uploads = engine.writer, engine.uploads
        self._client = server_client(SECONDS)
        self._deliveries: set[asyncio.Task[None]] = set()
        self._busy: Counter[int] = Counter()  # deliveries in progress, by webhook
        self._pieces = PieceWorker(self._work, name="the delivery to webhooks", every=POLL_SECONDS)

    async def stop(self) -> None:
        await self._pieces.stop()
        self._client.close()
        for task in self._deliveries:
            task.cancel()
        if self._deliveries:
            await asyncio.wait(self._deliveries)

    async def _work(self) -> bool:
        """Look through some messages, and begin some deliveries. Return whether there may be more to do."""
        has_found = await in_thread(backlog.is_any_left) and await in_writing_thread(backlog.find_deliveries)
        return await self._begin_some() or has_found

    async def _begin_some(self) -> bool:
        busy = dict(self._busy)
        if len(self._deliveries) >= MAX_IN_FLIGHT or not await in_thread(queue.is_any_due, busy):
            return False
        claimed = await in_writing_thread(queue.claim, busy)
        for delivery in claimed:
            self._begin(delivery)
        return bool(claimed)

    def _begin(self, delivery: OutgoingDelivery) -> None:
        webhook_id = delivery.webhook_id
        self._busy[webhook_id] += 1
        task = asyncio.create_task(self._deliver(delivery))
        self._deliveries.add(task)

        def finish(task: asyncio.Task[None]) -> None:
            self._deliveries.discard(task)
            self._busy[webhook_id] -= 1
            if not self._busy[webhook_id]:
                del self._busy[webhook_id]

        task.add_done_callback(finish)

    async def _deliver(self, delivery: OutgoingDelivery) -> None:
        try:
            await in_writing_thread(queue.settle, delivery, await self._attempt(delivery))
        except Exception as error:  # another process makes it after the lease
            if not outages.report(error):
                logger.exception("webhook delivery %s failed", delivery.pk)

    async def _attempt(self, delivery: OutgoingDelivery) -> Outcome:
        composed = await in_thread(compose, delivery)
        if isinstance(composed, Outcome):
            return composed
        return await self._send(delivery, composed)

    async def _send(self, delivery: OutgoingDelivery, request: Request) -> Outcome:
        try:
            sent = self._client.send("POST", request.url, request.headers, request.body, max_body=request.max_answer)
            response = await asyncio.wrap_future(sent)
        except (OSError, NotAllowed) as error:
            return Outcome(Kind.LATER, clean(str(error)), is_unavailable=True)
        outcome = outcome_of(response)
        if outcome.kind is not Kind.DELIVERED:
            return outcome
        try:
            answer = answer_in(response, delivery.webhook.dialect)
        except InvalidAnswer as error:
            return outcome._replace(reason=clean(str(error)))
        return await self._answer(delivery, answer, outcome) if answer.text or answer.file else outcome

    async def _answer(self, delivery: OutgoingDelivery, answer: Answer, outcome: Outcome) -> Outcome:
        """Post an answer once, however often it arrives: its `client_id` is that of the delivery."""
        draft = await in_thread(_make_draft, delivery, answer)
        if answer.file is not None:
            if await in_thread(find_stored, [draft.post_key]):
                return outcome  # it was posted before, and its file needn't be stored again
            try:
                draft.attachments = (await self._store(delivery, answer.file),)
            except Refusal as refusal:
                return _refused(refusal, outcome)
            except OSError as error:
                return Outcome(Kind.LATER, clean(f"the file can't be stored: {error}"), outcome.status)
        result = await self._post(draft)
        return _refused(result, outcome) if isinstance(result, Refusal) else outcome

    async def _store(self, delivery: OutgoingDelivery, file: File) -> uuid.UUID:
        webhook = delivery.webhook
        return await store_file(self._uploads, user=webhook.bot, room_id=webhook.room_id, file=file)

    async def _post(self, draft: Draft) -> Result:
        posted: asyncio.Future[Result] = asyncio.get_running_loop().create_future()

        def acknowledge(result: Result) -> None:
            if not posted.done():
                posted.set_result(result)

        self._writer.submit(draft, acknowledge)
        return await posted


def _refused(refusal: Refusal, outcome: Outcome) -> Outcome:
    """Return what becomes of a delivery whose answer can't be posted, or not yet."""
    if isinstance(refusal, TEMPORARY):
        return Outcome(Kind.LATER, clean(str(refusal.detail)), outcome.status, refusal.retry_after or 0.0)
    return outcome._replace(reason=clean(f"the answer was refused: {refusal.detail}"))


def _make_draft(delivery: OutgoingDelivery, answer: Answer) -> Draft:
    webhook = delivery.webhook
    checked = check_alias(answer.alias) if webhook.allows_alias else None
    return Draft(
        sender_id=webhook.bot_id,
        room_id=webhook.room_id,
        client_id=uuid.uuid5(delivery.pk, "answer"),
        body=answer.text,
        reply_to_id=_thread_of(delivery),
        alias=checked.alias if checked else None,
    )


def _thread_of(delivery: OutgoingDelivery) -> int | None:
    """Return the message to reply to, if it belongs to a thread: answers stay there."""
    bot = delivery.webhook.bot
    message = find_message(delivery.webhook.room_id, delivery.message_id, viewer=bot)
    return message.pk if message is not None and message.thread_id is not None else None
