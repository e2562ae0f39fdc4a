"""A queue whose owners take turns, so that one person's backlog waits behind everyone else's first item."""

from collections import deque
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Owner = TypeVar("Owner", bound=Hashable)
Item = TypeVar("Item")


class FairQueue(Generic[Owner, Item]):
    """Items by owner, such as a user's id or a network address. The items of each owner stay in order.

    limit: the maximum number of items in all. limit_each: the maximum number of an owner's items.
    """

    def __init__(self, *, limit: int, limit_each: int | None = None) -> None:
        self._limit = limit
        self._limit_each = limit if limit_each is None else limit_each
        self._queues: dict[Owner, deque[Item]] = {}  # in the order of turns
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def put(self, owner: Owner, item: Item) -> bool:
        """Add an item. Return False if there is no space for it."""
        queue = self._queues.get(owner)
        if self._count >= self._limit or (queue is not None and len(queue) >= self._limit_each):
            return False
        if queue is None:
            queue = self._queues[owner] = deque()
        queue.append(item)
        self._count += 1
        return True

    def take(self, count: int, weight: Callable[[Item], int], max_weight: int) -> list[Item]:
        """Remove and return up to `count` items whose weights add up to at most `max_weight`, but at least one."""
        taken: list[Item] = []
        total = 0
        while self._queues and len(taken) < count:
            owner, queue = next(iter(self._queues.items()))
            total += weight(queue[0])
            if taken and total > max_weight:
                break
            taken.append(self._take_from(owner))
        return taken

    def take_next(self, may_take: Callable[[Owner], bool]) -> tuple[Owner, Item] | None:
        """Remove and return the next item of an owner for whom `may_take` is true, or None."""
        for owner in self._queues:
            if may_take(owner):
                return owner, self._take_from(owner)
        return None

    def evict_for(self, owner: Owner) -> Item | None:
        """Remove and return the newest item of the owner with the most items, or None if `owner` has almost as many."""
        most = max(self._queues, key=lambda each: len(self._queues[each]))
        if len(self._queues[most]) <= len(self._queues.get(owner, ())) + 1:
            return None
        self._count -= 1
        return self._queues[most].pop()

    def _take_from(self, owner: Owner) -> Item:
        queue = self._queues.pop(owner)
        item = queue.popleft()
        if queue:
            self._queues[owner] = queue  # last in the order of turns
        self._count -= 1
        return item
