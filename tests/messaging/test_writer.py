"""The writer: the order of a user's posts, failures while rendering, and finishing."""

import asyncio
from collections import Counter
from functools import partial
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError

from messaging.posting import writer as writers
from messaging.posting.batch import Draft, StoredPost
from messaging.posting.writer import Writer
from tests.factories import make_member
from tests.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
async def writer():
    writer = Writer()
    yield writer
    await writer.stop()


class Submitted:
    """The results of submitted posts by their bodies."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self.results = {}
        self.counts = Counter()

    def post(self, room, sender, *bodies: str) -> None:
        for body in bodies:
            draft = Draft(sender.pk, room.pk, uuid4(), body)
            self._writer.submit(draft, partial(self._note, body))

    def _note(self, body, result) -> None:
        self.results[body] = result
        self.counts[body] += 1

    async def seqs(self) -> list[int]:
        """Wait for all results, and return the numbers of the messages in the order in which they were submitted."""
        await asyncio.wait_for(self._writer.finish(), 30)
        return [self.results[body].message.seq for body in sorted(self.results)]


async def test_plain_posts_do_not_overtake_the_senders_posts_with_markup(writer, everyone):
    sender = await sync_to_async(make_member)(everyone)
    submitted = Submitted(writer)
    submitted.post(everyone, sender, *(f"{number:03} {'**bold**' if number % 3 else 'plain'}" for number in range(60)))
    assert await submitted.seqs() == list(range(1, 61))


async def test_post_of_another_person_is_stored_before_a_backlog(writer, everyone):
    hostile, honest = await sync_to_async(lambda: (make_member(everyone), make_member(everyone)))()
    submitted = Submitted(writer)
    submitted.post(everyone, hostile, *(f"*{number}*" + "[" * 7_000 for number in range(20)))
    submitted.post(everyone, honest, "*Hello*")
    await submitted.seqs()
    assert submitted.results["*Hello*"].message.seq <= 3


async def test_failure_while_rendering_refuses_only_those_posts(writer, everyone, monkeypatch):
    sender = await sync_to_async(make_member)(everyone)
    submitted = Submitted(writer)
    with monkeypatch.context() as patch:
        patch.setattr(writers, "_render", None)
        submitted.post(everyone, sender, "*one*")
        await until(lambda: submitted.results, "the post is refused")
    assert submitted.results["*one*"].code == "unavailable"
    submitted.post(everyone, sender, "*two*")
    await asyncio.wait_for(writer.finish(), 30)
    assert isinstance(submitted.results["*two*"], StoredPost)


async def test_draft_that_was_acknowledged_before_an_outage_does_not_affect_the_rest(
    writer, everyone, monkeypatch, caplog
):
    """The connection is lost after the first draft of a batch was stored alone."""
    sender = await sync_to_async(make_member)(everyone)
    real, calls = writers.post_messages, []

    def post_messages(drafts, on_commit):
        calls.append(len(drafts))
        if len(calls) == 1:
            real(drafts[:1], on_commit)
            raise OperationalError("connection lost")
        return real(drafts, on_commit)

    monkeypatch.setattr("live.outages.report", lambda error: True)
    monkeypatch.setattr(writers, "post_messages", post_messages)
    submitted = Submitted(writer)
    submitted.post(everyone, sender, "one", "two", "three")
    assert await submitted.seqs() == [1, 3, 2]  # sorted by body
    assert calls == [3, 3]
    assert [submitted.counts[body] for body in ("one", "two", "three")] == [1, 1, 1]
    assert not [record for record in caplog.records if record.exc_info]


async def test_batch_is_limited_by_the_size_of_what_is_sent(writer, everyone, monkeypatch):
    """A short body may be rendered as much HTML."""
    monkeypatch.setattr(writers, "MAX_BATCH_CHARACTERS", 3_000)
    sender = await sync_to_async(make_member)(everyone)
    stored, real = [], writers.post_messages

    def post_messages(drafts, on_commit):
        stored.append(sum(len(draft.body) + len(draft.content.html) for draft in drafts if draft.content))
        return real(drafts, on_commit)

    monkeypatch.setattr(writers, "post_messages", post_messages)
    submitted = Submitted(writer)
    submitted.post(everyone, sender, *(f"{'>' * 10} {number:02}" for number in range(30)))
    assert await submitted.seqs() == list(range(1, 31))
    assert max(stored) <= 3_000


async def test_person_with_too_many_waiting_posts_is_refused_but_not_others(writer, everyone, monkeypatch):
    monkeypatch.setattr(writers, "MAX_WAITING_EACH", 5)
    writer = Writer()
    hostile, honest = await sync_to_async(lambda: (make_member(everyone), make_member(everyone)))()
    submitted = Submitted(writer)
    submitted.post(everyone, hostile, *(f"*{number}*" for number in range(8)))
    submitted.post(everyone, honest, "*Hello*")
    await asyncio.wait_for(writer.finish(), 30)
    codes = [getattr(submitted.results[f"*{number}*"], "code", "ok") for number in range(8)]
    assert codes == ["ok"] * 5 + ["unavailable"] * 3
    assert isinstance(submitted.results["*Hello*"], StoredPost)
    await writer.stop()
