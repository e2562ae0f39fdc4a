"""Previews: rendered like messages, within the same limits, and in turns."""

import asyncio
import threading

from messaging.errors import RateLimited, TooLong
from messaging.models import Message
from messaging.posting import previews
from messaging.posting.previews import MAX_WAITING_EACH, Previews
from messaging.rendering import Rendered
from rooms.errors import Invalid
from tests.factories import make_member, make_user
from tests.live_client import LiveClient


async def wait_for(answers: list[object], count: int) -> None:
    for _ in range(1_000):
        if len(answers) == count:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(answers)


def test_preview_is_rendered_like_a_message_and_stored_nowhere(uvicorn, everyone):
    body = "**Bold** <b>x</b> ||hidden||\n\n| a | b |\n| --- | --- |\n| 1 | 2 |\n\n```python\nif 1: pass\n```"
    with LiveClient(uvicorn, make_member(everyone, make_user("ana"))) as client:
        preview = client.call("message.preview", body=body)
        assert not Message.objects.exists()
        assert preview["html"] == client.post(everyone.pk, body)["html"]


def test_text_that_could_not_be_posted_is_refused(uvicorn, everyone):
    with LiveClient(uvicorn, make_member(everyone, make_user("ana"))) as client:
        refused = [client.call("message.preview", body=body) for body in ("x" * 8001, "  \n", "a\0b")]
        assert [(each["code"], each["field"]) for each in refused] == [
            (TooLong.code, "body"),
            (Invalid.code, "body"),
            (Invalid.code, "body"),
        ]


def test_people_take_turns_and_each_has_few_places(monkeypatch):
    gate = threading.Event()

    def render(body: str, **_: bool) -> Rendered:
        gate.wait(10)
        return Rendered(body, body)

    monkeypatch.setattr(previews, "render_content", render)
    answers: list[object] = []

    async def run() -> None:
        service = Previews()
        service.submit(1, "running", answers.append)
        await asyncio.sleep(0.05)
        for number in range(MAX_WAITING_EACH + 1):
            service.submit(1, f"greedy {number}", answers.append)
        service.submit(2, "other", answers.append)
        assert [type(answer) for answer in answers] == [RateLimited]
        gate.set()
        await wait_for(answers, MAX_WAITING_EACH + 3)
        await service.stop()

    asyncio.run(run())
    rendered = [answer.html for answer in answers if isinstance(answer, Rendered)]
    assert rendered == ["running", "greedy 0", "other", "greedy 1", "greedy 2"]


def test_a_failure_is_answered_and_the_next_preview_still_rendered(monkeypatch):
    outcomes = iter([RuntimeError("bug"), Rendered("ok", "ok")])

    def render(body: str, **_: bool) -> Rendered:
        outcome = next(outcomes)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    monkeypatch.setattr(previews, "render_content", render)
    answers: list[object] = []

    async def run() -> None:
        service = Previews()
        for _ in range(2):
            service.submit(1, "x", answers.append)
        await wait_for(answers, 2)
        await service.stop()

    asyncio.run(run())
    assert [getattr(answer, "code", "ok") for answer in answers] == ["unavailable", "ok"]
