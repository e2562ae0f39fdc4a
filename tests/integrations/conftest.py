"""A server for the integrations that send requests to one."""

from collections.abc import Iterator

import pytest

from tests.integration_server import integration_server
from tests.push_service import PushService, status


@pytest.fixture
def receiver(no_site, tmp_path, settings, monkeypatch) -> Iterator[PushService]:
    """A server with a private address, which the site allows. It answers 200 without a text."""
    with integration_server(tmp_path, settings) as receiver:
        monkeypatch.setenv("SSL_CERT_FILE", str(receiver.certificate))
        receiver.reply = status(200)
        yield receiver
