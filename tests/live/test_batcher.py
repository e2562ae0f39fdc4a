"""What waits together is done together, and one that fails fails alone."""

import asyncio
import threading

import pytest

from live.batcher import Batcher


@pytest.fixture
def batches():
    return []


@pytest.fixture
async def doubling(batches):
    """Doubles numbers; raises for 13, breaks at 99 and forgets an answer at 77."""

    def work(numbers):
        batches.append(list(numbers))
        if 99 in numbers:
            raise OSError("all is lost")
        answers = [ValueError("13") if number == 13 else number * 2 for number in numbers]
        return answers[1:] if 77 in numbers else answers

    gatherer = Batcher(work, name="doubling", limit=3)
    yield gatherer
    gatherer.stop()


async def test_those_that_come_together_are_done_together_and_in_order(doubling, batches):
    assert await asyncio.gather(*map(doubling.do, range(7))) == [0, 2, 4, 6, 8, 10, 12]
    assert batches == [[0, 1, 2], [3, 4, 5], [6]]


async def test_those_that_come_while_others_are_done_gather(batches):
    begun, go_on = threading.Event(), threading.Event()

    def work(numbers):
        batches.append(list(numbers))
        begun.set()
        go_on.wait(10)
        return numbers

    gatherer = Batcher(work, name="waiting")
    first = asyncio.create_task(gatherer.do(1))
    await asyncio.to_thread(begun.wait, 10)
    others = [asyncio.create_task(gatherer.do(number)) for number in (2, 3)]
    await asyncio.sleep(0)
    go_on.set()
    assert await asyncio.gather(first, *others) == [1, 2, 3]
    assert batches == [[1], [2, 3]]
    gatherer.stop()


async def test_one_that_is_refused_is_refused_alone(doubling):
    results = await asyncio.gather(*map(doubling.do, (1, 13, 2)), return_exceptions=True)
    assert (results[0], type(results[1]), results[2]) == (2, ValueError, 4)


@pytest.mark.parametrize(("number", "error"), [(99, OSError), (77, ValueError)])
async def test_what_breaks_a_batch_is_told_to_all_in_it_and_the_next_is_done(doubling, number, error):
    results = await asyncio.gather(*map(doubling.do, (1, number, 2)), return_exceptions=True)
    assert [type(result) for result in results] == [error] * 3
    assert await doubling.do(4) == 8


async def test_who_no_longer_waits_holds_up_nobody(doubling):
    gone = asyncio.create_task(doubling.do(1))
    staying = asyncio.create_task(doubling.do(2))
    await asyncio.sleep(0)
    gone.cancel()
    assert await staying == 4


async def test_finishing_waits_for_all_that_was_asked(doubling, batches):
    tasks = [asyncio.create_task(doubling.do(number)) for number in range(5)]
    await asyncio.sleep(0)
    await doubling.finish()
    assert sum(map(len, batches)) == 5
    await asyncio.gather(*tasks)
