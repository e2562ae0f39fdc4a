"""Fixtures: browsers, logged in or not, and recorders of signals."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.dispatch import Signal
from django.test import Client

from accounts.models import ActivitySample, User

PASSWORD = "seven green boats"
NewBrowser = Callable[..., Client]


@pytest.fixture
def browser_of() -> NewBrowser:
    """Return a function that logs a user in on the login page and returns their client."""

    def open_for(user: User, password: str = "a long pass phrase", **headers: str) -> Client:
        client = Client(headers=headers or None)
        response = client.post("/accounts/login/", {"login": user.username, "password": password})
        assert response.status_code == 302, response.content.decode()
        return client

    return open_for


@pytest.fixture
def no_samples(db) -> None:
    """Delete samples taken by a server of other tests that may still be running on this database."""
    ActivitySample.objects.all().delete()


@pytest.fixture
def sent() -> Iterator[Callable[[Signal], list[dict[str, Any]]]]:
    """Return a function that connects to a signal and returns the growing list of its sent arguments."""
    ears = []

    def listen(signal: Signal) -> list[dict[str, Any]]:
        signals: list[dict[str, Any]] = []

        def ear(sender: object, signal: Signal, **kwargs: Any) -> None:
            signals.append(kwargs)

        signal.connect(ear, weak=False)
        ears.append((signal, ear))
        return signals

    yield listen
    for signal, ear in ears:
        signal.disconnect(ear)
