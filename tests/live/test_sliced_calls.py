"""Calls in slices: their order, their errors, and what runs in between."""

import asyncio
from threading import Thread
from time import sleep

import pytest

from live import sliced_calls
from live.sliced_calls import SlicedCalls
from tests.waiting import until


@pytest.fixture
def done():
    return []


async def test_functions_are_called_in_order_and_then_the_queue_is_empty(done):
    calls = SlicedCalls(on_empty=lambda: done.append("empty"))
    Thread(target=calls.add, args=([lambda: done.append(1), lambda: done.append(2)],)).start()
    calls.add([lambda: done.append(3)])
    await until(lambda: {1, 2, 3} <= set(done), "all functions are called")
    assert [each for each in done if each != "empty"] in ([1, 2, 3], [3, 1, 2])
    assert done[-1] == "empty"


async def test_an_error_does_not_affect_the_next_function(done, caplog):
    calls = SlicedCalls(on_empty=lambda: None)
    calls.add([lambda: 1 / 0, lambda: done.append(1)])
    await until(lambda: done, "the second function is called")
    assert "division by zero" in caplog.text


async def test_others_run_between_slices(done, monkeypatch):
    monkeypatch.setattr(sliced_calls, "SLICE_SECONDS", 0.001)
    calls = SlicedCalls(on_empty=lambda: None)
    calls.add([lambda: sleep(0.002)] * 10)
    await asyncio.sleep(0)
    for _ in range(5):
        assert calls
        await asyncio.sleep(0)
    await until(lambda: not calls, "all functions are called")
