"""Fixtures for push notifications: a push service that the site trusts."""

from collections.abc import Iterator

import pytest

from tests.push_service import PushService, push_service


@pytest.fixture
def service(no_site, tmp_path, settings, monkeypatch) -> Iterator[PushService]:
    settings.DATA_DIR = tmp_path
    with push_service(tmp_path) as service:
        settings.CHAT_PUSH_HOSTS = [service.host]
        monkeypatch.setenv("SSL_CERT_FILE", str(service.certificate))
        yield service
