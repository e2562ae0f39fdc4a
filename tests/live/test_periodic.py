"""Periodic checks share the event loop."""

import asyncio

from live import periodic
from live.periodic import for_each


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
