"""Wakes the workers of this process when there are links to look up."""

from collections.abc import Callable

_workers: set[Callable[[], None]] = set()


def wake() -> None:
    for each in list(_workers):
        each()


def register(worker: Callable[[], None]) -> None:
    """Have this function called in any thread."""
    _workers.add(worker)


def unregister(worker: Callable[[], None]) -> None:
    _workers.discard(worker)
