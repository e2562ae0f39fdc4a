"""Batches of concurrent calls, in which a failure doesn't affect other calls."""

import asyncio
import threading

import pytest

from live.batcher import Batcher


@pytest.fixture
def batches():
    return []


@pytest.fixture
async def doubling(batches):
    """Double numbers; return an error for 13, raise at 99, and omit a result at 77."""

    def work(numbers):
        batches.append(list(numbers))
        if 99 in numbers:
            raise OSError("the batch fails")
        results = [ValueError("13") if number == 13 else number * 2 for number in numbers]
        return results[1:] if 77 in numbers else results

    batcher = Batcher(work, name="doubling", limit=3)
    yield batcher
    batcher.stop()


async def test_concurrent_calls_share_batches_in_order(doubling, batches):
    assert await asyncio.gather(*map(doubling.submit, range(7))) == [0, 2, 4, 6, 8, 10, 12]
    assert batches == [[0, 1, 2], [3, 4, 5], [6]]


async def test_calls_during_a_batch_form_the_next_one(batches):
    begun, go_on = threading.Event(), threading.Event()

    def work(numbers):
        batches.append(list(numbers))
        begun.set()
        go_on.wait(10)
        return numbers

    batcher = Batcher(work, name="waiting")
    first = asyncio.create_task(batcher.submit(1))
    await asyncio.to_thread(begun.wait, 10)
    others = [asyncio.create_task(batcher.submit(number)) for number in (2, 3)]
    await asyncio.sleep(0)
    go_on.set()
    assert await asyncio.gather(first, *others) == [1, 2, 3]
    assert batches == [[1], [2, 3]]
    batcher.stop()


async def test_one_error_does_not_affect_the_others(doubling):
    results = await asyncio.gather(*map(doubling.submit, (1, 13, 2)), return_exceptions=True)
    assert (results[0], type(results[1]), results[2]) == (2, ValueError, 4)


@pytest.mark.parametrize(("number", "error"), [(99, OSError), (77, ValueError)])
async def test_a_failed_batch_fails_all_its_calls_and_not_the_next(doubling, number, error):
    results = await asyncio.gather(*map(doubling.submit, (1, number, 2)), return_exceptions=True)
    assert [type(result) for result in results] == [error] * 3
    assert await doubling.submit(4) == 8


async def test_a_cancelled_call_delays_no_other(doubling):
    cancelled = asyncio.create_task(doubling.submit(1))
    remaining = asyncio.create_task(doubling.submit(2))
    await asyncio.sleep(0)
    cancelled.cancel()
    assert await remaining == 4


async def test_finish_waits_for_all_submitted_calls(doubling, batches):
    tasks = [asyncio.create_task(doubling.submit(number)) for number in range(5)]
    await asyncio.sleep(0)
    await doubling.finish()
    assert sum(map(len, batches)) == 5
    await asyncio.gather(*tasks)


async def test_a_pause_gathers_calls():
    batches = []

    def work(numbers):
        batches.append(list(numbers))
        return list(numbers)

    batcher = Batcher(work, name="pausing", pause=0.05)
    await batcher.submit(0)  # immediately
    assert await asyncio.gather(*map(batcher.submit, (1, 2, 3))) == [1, 2, 3]
    batcher.stop()
    assert batches == [[0], [1, 2, 3]]
