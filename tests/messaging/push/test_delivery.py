"""A notification is delivered encrypted, and each answer of a push service has the right consequence."""

from datetime import timedelta
from email.utils import format_datetime

import pytest
import time_machine
from django.utils import timezone

from messaging.models import PushSubscription
from messaging.push import delivery
from messaging.push.delivery import Envelope, Kind, deliver
from messaging.push.services import push_client
from tests.factories import make_user
from tests.push_service import status
from tests.push_site import subscribe_device

pytestmark = pytest.mark.django_db

ENVELOPE = Envelope("room-7", "high", 3_600)


@pytest.fixture
def device(service):
    return service.device()


@pytest.fixture
def subscription(device) -> PushSubscription:
    return subscribe_device(make_user("mira"), device)


@pytest.fixture
def send(subscription):
    client = push_client(2.0)
    yield lambda content=b"Hello": deliver(subscription, ENVELOPE, lambda size: content[:size], client)
    client.close()


def test_the_device_reads_what_the_push_service_cannot(send, service, device):
    assert send().kind is Kind.DELIVERED
    (received,) = service.received
    assert device.decrypt(received.body) == b"Hello"
    assert b"Hello" not in received.body
    headers = received.headers
    assert (headers["ttl"], headers["urgency"], headers["topic"]) == ("3600", "high", "room-7")
    assert headers["content-encoding"] == "aes128gcm"
    assert headers["authorization"].startswith("vapid t=")


@pytest.mark.parametrize("code", [404, 410])
def test_a_subscription_that_no_longer_exists_is_gone(send, service, code):
    service.reply = status(code)
    assert send().kind is Kind.GONE


@pytest.mark.parametrize(
    ("code", "body"),
    [
        (400, b'{"reason":"VapidPkHashMismatch"}'),
        (403, b"the VAPID credentials in the authorization header do not correspond to the credentials used"),
        (401, b'{"code":401,"message":"VAPID public key mismatch"}'),
    ],
)
def test_a_subscription_for_another_key_is_gone_as_the_push_service_says(send, service, code, body):
    service.reply = status(code, body)
    assert send().kind is Kind.GONE


@pytest.mark.parametrize("code", [400, 401, 403])
def test_a_refused_subscription_is_gone_if_the_key_was_replaced(send, service, subscription, code):
    service.reply = status(code, b"no")
    assert send().kind is Kind.REFUSED
    subscription.server_key = "another"
    assert send().kind is Kind.GONE


@pytest.mark.parametrize("code", [400, 401, 403, 302, 418])
def test_other_refusals_say_why(send, service, code):
    service.reply = status(code, b"Bad\r\n\x1b[31m request \xff" + b"x" * 500)
    outcome = send()
    assert outcome.kind is Kind.REFUSED
    assert outcome.reason.startswith(f"HTTP {code} Bad [31m request")
    assert outcome.reason.isprintable()
    assert len(outcome.reason) <= 200


@pytest.mark.parametrize(("code", "is_unreachable"), [(429, False), (500, True), (503, True)])
def test_what_may_work_later_is_tried_again(send, service, code, is_unreachable):
    service.reply = status(code)
    assert send()[0::3] == (Kind.LATER, is_unreachable)
    service.reply = status(code, Retry_After="90")
    assert send().retry_after == 90
    service.reply = status(code, Retry_After="999999999999")
    assert send().retry_after == delivery.MAX_RETRY_AFTER


def test_a_date_says_when_to_try_again(send, service):
    with time_machine.travel("2026-11-30T12:00:00Z", tick=False):
        at = format_datetime(timezone.now() + timedelta(minutes=5), usegmt=True)
        assert delivery._retry_after(at) == 300
        assert delivery._retry_after("Mon, 30 Nov 2026 11:00:00 GMT") == 0
    for nonsense in ("", "soon", "-5", "1e9", "٣", "Mon, 99 Nov 2026"):
        assert delivery._retry_after(nonsense) == 0


def test_a_push_service_that_cannot_be_reached_is_tried_again(send, service):
    service.reply = lambda received: None
    outcome = send()
    assert (outcome.kind, outcome.is_unreachable) == (Kind.LATER, True)
    assert outcome.reason


def test_a_message_that_is_too_long_is_shortened_at_once(send, service, device):
    service.reply = lambda received: (413 if len(received.body) > 1_200 else 201, {}, b"")
    assert send(b"x" * 3_000).kind is Kind.DELIVERED
    assert len(device.decrypt(service.accepted[0].body)) == 1_000
    assert len(service.received) == 2


def test_a_push_service_that_accepts_nothing_refuses(send, service):
    service.reply = status(413)
    assert send().kind is Kind.REFUSED
    assert len(service.received) == 3


def test_a_push_service_that_is_no_longer_allowed_gets_nothing(send, service, settings):
    settings.CHAT_PUSH_HOSTS = []
    assert send().kind is Kind.REFUSED
    assert service.received == []
