"""Wakes the workers of this process when there is something to send."""

import threading

_events: set[threading.Event] = set()


def wake() -> None:
    for event in list(_events):
        event.set()


def register(event: threading.Event) -> None:
    _events.add(event)


def unregister(event: threading.Event) -> None:
    _events.discard(event)
