"""Fixtures for emails about messages: a mail server, the queue in front of it, and people with verified addresses."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.utils import timezone

from accounts.mail import delivery as mail_delivery
from accounts.models import User
from live.outages import Outage
from messaging.models import Channel, Message, Notification, Trigger
from tests.factories import make_user
from tests.smtp_server import SMTPServer, smtp_server

Notify = Callable[..., Notification]


@pytest.fixture
def server() -> Iterator[SMTPServer]:
    with smtp_server() as server:
        yield server


@pytest.fixture
def mail(settings, server, monkeypatch) -> SMTPServer:
    """A mail server to which the site sends."""
    settings.SITE_URL = "https://chat.example.org"
    settings.EMAIL_BACKEND = "accounts.mail.backend.QueueBackend"
    settings.EMAIL_DELIVERY_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    monkeypatch.setattr(mail_delivery, "mail_server", Outage("The mail server", quiet=0))
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", server.port, 0.3
    return server


@pytest.fixture
def reachable() -> Callable[..., User]:
    """Return a function that creates a user with a verified address."""

    def create(username: str = "", **fields: Any) -> User:
        user = make_user(username, **fields)
        EmailAddress.objects.create(user=user, email=f"{user.username}@example.org", verified=True, primary=True)
        return user

    return create


@pytest.fixture
def notify() -> Notify:
    """Return a function that notifies a user of a message, due by email since a minute ago."""

    def create(user: User, message: Message, *, due_in: timedelta = timedelta(minutes=-1)) -> Notification:
        return Notification.objects.create(
            user=user,
            message=message,
            room_id=message.room_id,
            seq=message.seq,
            channel=Channel.EMAIL,
            trigger=Trigger.MENTION,
            cause="away",
            email_due_at=timezone.now() + due_in,
        )

    return create
