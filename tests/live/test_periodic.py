"""Periodic checks share the event loop, and work in pieces continues after errors."""

import asyncio

import pytest

from live import periodic
from live.periodic import PieceWorker, for_each
from tests.waiting import until

pytestmark = pytest.mark.slow


async def test_checks_that_await_nothing_let_other_tasks_run(monkeypatch):
    monkeypatch.setattr(periodic, "SLICE_SECONDS", 0.0)
    order: list[str] = []

    async def check(item: int) -> None:
        order.append(f"check {item}")

    async def other() -> None:
        order.append("other")

    task = asyncio.create_task(other())
    await for_each(range(2), check)
    assert order == ["check 0", "other", "check 1"]
    await task


async def test_pieces_of_work_follow_each_other_until_there_are_none(monkeypatch):
    monkeypatch.setattr(periodic, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(periodic, "PAUSE_SECONDS", 0.0)
    pieces, calls = [1, 2, 3], 0

    async def work() -> bool:
        nonlocal calls
        calls += 1
        return bool(pieces) and bool(pieces.pop())

    worker = PieceWorker(work, name="the work")
    await until(lambda: not pieces, "the last piece")
    pieces.append(4)
    await until(lambda: not pieces, "a later piece")
    await worker.stop()
    stopped_at = calls
    await asyncio.sleep(0.05)
    assert calls == stopped_at


async def test_a_worker_that_is_woken_looks_at_once(monkeypatch):
    """Also if that happens while it works, after it has looked."""
    monkeypatch.setattr(periodic, "PAUSE_SECONDS", 0.0)
    waiting, later = ["first"], ["second"]

    async def work() -> bool:
        waiting.clear()
        if later:
            waiting.append(later.pop())
            worker.wake()
        return False

    worker = PieceWorker(work, name="the work", every=3600.0)
    await asyncio.to_thread(worker.wake)
    await until(lambda: not waiting and not later, "both pieces")
    waiting.append("third")
    worker.wake()
    await until(lambda: not waiting, "the last piece")
    await worker.stop()
    worker.wake()


async def test_waking_leaves_the_pause_between_two_pieces(monkeypatch):
    """Otherwise, a worker that many posts wake would hold up other transactions."""
    monkeypatch.setattr(periodic, "PAUSE_SECONDS", 0.0)
    calls = 0

    async def work() -> bool:
        nonlocal calls
        calls += 1
        monkeypatch.setattr(periodic, "PAUSE_SECONDS", 1800.0)
        worker.wake()
        return False

    worker = PieceWorker(work, name="the work", every=3600.0)
    worker.wake()
    await until(lambda: calls, "the first piece")
    for _ in range(100):
        await asyncio.sleep(0)
    assert calls == 1
    await worker.stop()


async def test_failing_work_is_tried_again_and_logged_once(monkeypatch, caplog):
    monkeypatch.setattr(periodic, "POLL_SECONDS", 0.0)
    monkeypatch.setattr(periodic, "PAUSE_SECONDS", 3600.0)
    errors = [OSError(), OSError(), OSError()]
    done = asyncio.Event()

    async def work() -> bool:
        if errors:
            raise errors.pop()
        done.set()
        return True

    worker = PieceWorker(work, name="the work")
    await done.wait()
    await worker.stop()
    assert [record.getMessage() for record in caplog.records] == [
        "the work failed; trying again",
        "the work succeeds again",
    ]
