"""The fair queue: turns between owners, order, and limits."""

from hypothesis import given
from hypothesis import strategies as st

from live.fair_queue import FairQueue


def take(
    queue: FairQueue[int, tuple[int, int]], count: int = 1_000, max_weight: int = 1_000_000
) -> list[tuple[int, int]]:
    return queue.take(count, lambda item: item[1], max_weight)


def test_backlog_of_one_owner_waits_behind_the_first_item_of_all_others():
    queue: FairQueue[int, tuple[int, int]] = FairQueue(limit=100, limit_each=100)
    for number in range(5):
        queue.put(1, (1, number))
    queue.put(2, (2, 0))
    queue.put(3, (3, 0))
    assert take(queue, 4) == [(1, 0), (2, 0), (3, 0), (1, 1)]
    queue.put(2, (2, 1))
    assert take(queue) == [(1, 2), (2, 1), (1, 3), (1, 4)]
    assert take(queue) == [] and len(queue) == 0


def test_full_queue_refuses_items():
    queue: FairQueue[int, tuple[int, int]] = FairQueue(limit=3, limit_each=2)
    assert [queue.put(1, (1, number)) for number in range(3)] == [True, True, False]
    assert [queue.put(2, (2, number)) for number in range(2)] == [True, False]
    take(queue, 1)
    assert queue.put(2, (2, 1))


def test_heavy_item_is_taken_alone():
    queue: FairQueue[int, tuple[int, int]] = FairQueue(limit=100, limit_each=100)
    for person, weight in ((1, 500), (2, 10), (3, 80), (4, 20)):
        queue.put(person, (person, weight))
    assert [take(queue, max_weight=100) for _ in range(3)] == [[(1, 500)], [(2, 10), (3, 80)], [(4, 20)]]


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(0, 50))), st.integers(1, 5), st.integers(0, 100))
def test_every_item_is_taken_once_and_each_owners_in_order(items, count, max_weight):
    queue: FairQueue[int, tuple[int, int]] = FairQueue(limit=1_000, limit_each=1_000)
    for item in items:
        queue.put(item[0], item)
    taken = []
    while batch := take(queue, count, max_weight):
        assert len(batch) == 1 or (len(batch) <= count and sum(weight for _, weight in batch) <= max_weight)
        taken += batch
    for person in range(1, 5):
        assert [each for each in taken if each[0] == person] == [each for each in items if each[0] == person]


def test_only_an_owner_with_more_items_loses_one():
    queue: FairQueue[int, int] = FairQueue(limit=3)
    assert [queue.put(1, 10), queue.put(2, 20), queue.put(2, 21)] == [True] * 3
    assert queue.evict_for(2) is None
    assert not queue.put(3, 30)
    assert queue.evict_for(3) == 21
    assert queue.put(3, 30)
    assert queue.evict_for(3) is None


def test_owners_who_may_not_take_keep_their_turn():
    queue: FairQueue[int, int] = FairQueue(limit=10)
    for owner in (1, 1, 2):
        queue.put(owner, owner * 10)
    assert queue.take_next(lambda owner: owner != 1) == (2, 20)
    assert queue.take_next(lambda owner: False) is None
    assert [queue.take_next(lambda owner: True) for _ in range(3)] == [(1, 10), (1, 10), None]
