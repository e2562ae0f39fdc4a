"""Fixtures for push notifications: a push service that the site trusts, and the devices of a user."""

from collections.abc import Callable, Iterator

import pytest

from accounts.models import User
from messaging.models import PushSubscription
from messaging.push import base64url, connection
from messaging.push.subscriptions import subscribe
from tests.push_device import Device
from tests.push_service import PushService, push_service

Subscribe = Callable[..., PushSubscription]


@pytest.fixture
def service(tmp_path, settings, monkeypatch) -> Iterator[PushService]:
    settings.DATA_DIR = tmp_path
    with push_service(tmp_path) as service:
        settings.CHAT_PUSH_HOSTS = [service.host]
        monkeypatch.setenv("SSL_CERT_FILE", str(service.certificate))
        connection._tls.cache_clear()
        yield service
    connection._tls.cache_clear()


@pytest.fixture
def add_device() -> Subscribe:
    return subscribe_device


def subscribe_device(user: User, device: Device, **fields: str) -> PushSubscription:
    defaults = {"session_key": "s" * 32, "origin": "https://chat.example.org", "user_agent": "Mozilla/5.0 Firefox/145"}
    return subscribe(
        user=user,
        endpoint=device.endpoint,
        p256dh=base64url.encode(device.public),
        auth=base64url.encode(device.auth),
        **(defaults | fields),
    )
