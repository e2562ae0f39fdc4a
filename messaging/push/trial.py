"""Test notifications, whose sender waits for what comes of them."""

from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NoAnswer
from threading import BoundedSemaphore

from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.models import site_name
from messaging.models import PushSubscription
from messaging.push.delivery import RESULTS, Envelope, Kind, Outcome, deliver
from messaging.push.payload import Notice
from messaging.push.services import push_client
from rooms.errors import LimitReached

SECONDS = 5.0  # for a push service, since a page waits for it
TTL = 300

_threads = ThreadPoolExecutor(2, thread_name_prefix="push-test")
_turns = BoundedSemaphore(1)  # per process, so that a slow push service never holds up more than one thread for pages


def send_test(subscription: PushSubscription) -> Outcome:
    """Send a test notification now, and store what came of it. Raises LimitReached if another one is being sent."""
    if not _turns.acquire(blocking=False):
        raise LimitReached(_("Another test is being sent. Wait a moment and try again."), retry_after=SECONDS)
    try:
        outcome = _threads.submit(_send, subscription).result(timeout=SECONDS + 1)
    except NoAnswer:
        outcome = Outcome(Kind.LATER, "no answer")
    finally:
        _turns.release()
    _store(subscription, outcome)
    return outcome


def _send(subscription: PushSubscription) -> Outcome:
    with translation.override(subscription.language):
        title, body = site_name(), _("Push notifications work on this device.")
    url = f"{subscription.origin}{reverse('messaging:devices')}"
    notice = Notice(title, body, url, "test", subscription.language)
    client = push_client(SECONDS)
    try:
        return deliver(subscription, Envelope("test", "high", TTL), notice.encoded, client)
    finally:
        client.close()


def _store(subscription: PushSubscription, outcome: Outcome) -> None:
    own = PushSubscription.objects.filter(pk=subscription.pk)
    if outcome.kind is Kind.GONE:
        own.delete()
    else:
        own.update(attempted_at=timezone.now(), result=RESULTS[outcome.kind], reason=outcome.reason)
