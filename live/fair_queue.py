"""A queue that takes turns between people, so that one person's backlog waits behind everyone else's first item."""

from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

Item = TypeVar("Item")


class FairQueue(Generic[Item]):
    """Items by the id of the person who pays for them. Each person's items stay in order.

    limit: the maximum number of items in all. limit_each: the maximum number of a person's items.
    """

    def __init__(self, *, limit: int, limit_each: int) -> None:
        self._limit = limit
        self._limit_each = limit_each
        self._queues: dict[int, deque[Item]] = {}  # in the order of the people's turns
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def put(self, person_id: int, item: Item) -> bool:
        """Add an item. Return False if there is no space for it."""
        queue = self._queues.get(person_id)
        if self._count >= self._limit or (queue is not None and len(queue) >= self._limit_each):
            return False
        if queue is None:
            queue = self._queues[person_id] = deque()
        queue.append(item)
        self._count += 1
        return True

    def take(self, count: int, weight: Callable[[Item], int], max_weight: int) -> list[Item]:
        """Remove and return up to `count` items whose weights add up to at most `max_weight`, but at least one."""
        taken: list[Item] = []
        total = 0
        while self._queues and len(taken) < count:
            person_id, queue = next(iter(self._queues.items()))
            total += weight(queue[0])
            if taken and total > max_weight:
                break
            taken.append(queue.popleft())
            del self._queues[person_id]
            if queue:
                self._queues[person_id] = queue  # at the end
        self._count -= len(taken)
        return taken
