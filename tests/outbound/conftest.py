"""Fixtures for requests to other servers: an HTTPS server, and a client that trusts its certificate."""

from collections.abc import Iterator

import pytest

from outbound.client import Client, Limits
from outbound.guard import Guard
from tests.push_service import PushService, push_service


@pytest.fixture
def service(tmp_path, monkeypatch) -> Iterator[PushService]:
    with push_service(tmp_path) as service:
        monkeypatch.setenv("SSL_CERT_FILE", str(service.certificate))
        yield service


@pytest.fixture
def make_client():
    """Return a function that creates a client, which may send requests to these hosts and networks."""
    clients = []

    def make(*allowed: str, **limits: float) -> Client:
        clients.append(Client(Guard.allowing(allowed), Limits(**{"seconds": 2.0, **limits})))
        return clients[-1]

    yield make
    for client in clients:
        client.close()
