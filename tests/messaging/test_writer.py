"""The writer: the order of a user's posts, failures while rendering, and finishing."""

import asyncio
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async

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

    def post(self, room, sender, *bodies: str) -> None:
        for body in bodies:
            draft = Draft(sender.pk, room.pk, uuid4(), body)
            self._writer.submit(draft, lambda result, body=body: self.results.__setitem__(body, result))

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
