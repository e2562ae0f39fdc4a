"""Browsers, signed in or not, and ears for the signals of accounts."""

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
    """Signs in through the page, as a person does."""

    def open_for(user: User, password: str = "a long pass phrase", **headers: str) -> Client:
        client = Client(headers=headers or None)
        response = client.post("/accounts/login/", {"login": user.username, "password": password})
        assert response.status_code == 302, response.content.decode()
        return client

    return open_for


@pytest.fixture
def no_samples(db) -> None:
    """The server of other tests may still run on this database, and takes one in each minute."""
    ActivitySample.objects.all().delete()


@pytest.fixture
def heard() -> Iterator[Callable[[Signal], list[dict[str, Any]]]]:
    """heard(signal) is the growing list of what it was sent with."""
    ears = []

    def listen(signal: Signal) -> list[dict[str, Any]]:
        said: list[dict[str, Any]] = []

        def ear(sender: object, signal: Signal, **kwargs: Any) -> None:
            said.append(kwargs)

        signal.connect(ear, weak=False)
        ears.append((signal, ear))
        return said

    yield listen
    for signal, ear in ears:
        signal.disconnect(ear)
