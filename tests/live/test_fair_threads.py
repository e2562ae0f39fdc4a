"""The fair thread pool."""

import asyncio
import threading

import pytest

from live.fair_threads import Busy, FairThreads


class Calls:
    """Calls in one thread, which the test ends."""

    def __init__(self, limit: int = 100) -> None:
        self.threads = FairThreads(1, limit=limit, share=1, name="fair")
        self.order: list[str] = []
        self.go_on = threading.Event()

    def start(self, caller: str) -> "asyncio.Task[None]":
        return asyncio.create_task(self.threads.run(caller, self._call, caller))

    def _call(self, caller: str) -> None:
        self.go_on.wait(10)
        self.order.append(caller)


async def started(*tasks: "asyncio.Task[None]") -> None:
    await asyncio.sleep(0)
    assert not any(task.done() for task in tasks)


async def test_callers_take_turns():
    calls = Calls()
    tasks = [calls.start(caller) for caller in ["ana", *["flood"] * 5, "bo", "cy", "bo"]]
    await started(*tasks)
    calls.go_on.set()
    await asyncio.gather(*tasks)
    assert calls.order == ["ana", "flood", "bo", "cy", "flood", "bo", "flood", "flood", "flood"]


async def test_only_a_caller_with_more_calls_waiting_is_refused_when_the_queue_is_full():
    calls = Calls(limit=3)
    tasks = [calls.start("flood") for _ in range(4)]
    await started(*tasks)
    with pytest.raises(Busy):
        await calls.start("flood")
    honest = calls.start("ana")
    await started(honest)
    with pytest.raises(Busy):
        await tasks.pop()
    calls.go_on.set()
    await asyncio.gather(honest, *tasks)
    assert calls.order == ["flood", "flood", "ana", "flood"]


async def test_no_caller_loses_its_only_call():
    calls = Calls(limit=2)
    tasks = [calls.start(caller) for caller in ("ana", "bo", "cy")]
    await started(*tasks)
    with pytest.raises(Busy):
        await calls.start("newcomer")
    calls.go_on.set()
    await asyncio.gather(*tasks)


async def test_a_call_that_fails_or_is_cancelled_gives_its_turn_to_the_next():
    calls = Calls()
    running, cancelled, last = calls.start("ana"), calls.start("bo"), calls.start("cy")
    await started(running, cancelled, last)
    cancelled.cancel()
    calls.go_on.set()
    await asyncio.gather(running, last)
    assert calls.order == ["ana", "cy"]
    with pytest.raises(ZeroDivisionError):
        await calls.threads.run("ana", lambda: 1 / 0)
    assert await calls.threads.run("ana", lambda: 1) == 1


async def test_slow_calls_of_one_caller_leave_a_thread_for_others():
    threads, go_on = FairThreads(3, limit=10, share=2, name="fair"), threading.Event()
    slow = [asyncio.create_task(threads.run("ana", go_on.wait, 10)) for _ in range(5)]
    await started(*slow)
    assert await threads.run("bo", lambda: "bo") == "bo"
    assert not any(task.done() for task in slow)
    go_on.set()
    await asyncio.gather(*slow)
    assert await threads.run("ana", lambda: "ana") == "ana"
    assert not threads._running
