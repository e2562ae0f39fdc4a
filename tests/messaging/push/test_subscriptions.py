"""Browsers subscribe to push notifications over HTTP. A device ends with its session, and belongs to one user."""

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.lifecycle.deletion import delete_account
from accounts.lifecycle.retention import prune
from accounts.lifecycle.suspension import suspend
from live.rate_limit import TokenBuckets
from messaging.models import PushSubscription
from messaging.push.subscriptions import MAX_SUBSCRIPTIONS, outdated
from messaging.push.vapid import vapid_key
from messaging.web import change_limit
from tests.factories import log_in, make_user
from tests.push_device import Device
from tests.push_service import status
from tests.push_site import subscribe_device

pytestmark = pytest.mark.django_db

SUBSCRIPTIONS, REMOVAL = "/push/subscriptions/", "/push/subscriptions/remove/"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"


@pytest.fixture(autouse=True)
def own_key_and_limits(settings, tmp_path, monkeypatch):
    settings.DATA_DIR = tmp_path
    monkeypatch.setattr(change_limit, "_limits", TokenBuckets(change_limit.RATE, change_limit.BURST))


@pytest.fixture
def mira(everyone):
    return make_user("mira")


@pytest.fixture
def browser(mira) -> Client:
    return log_in(mira, Accept="application/json", User_Agent=FIREFOX)


@pytest.fixture
def page(mira) -> Client:
    return log_in(mira, Accept="text/html")


def send(browser: Client, url: str, data: object):
    return browser.post(
        url, data=data if isinstance(data, bytes) else json.dumps(data), content_type="application/json"
    )


def test_the_key_is_public_to_members(browser, client):
    assert browser.get("/push/key/").json() == {"key": vapid_key().public}
    assert client.get("/push/key/").status_code == 302


def test_a_browser_subscribes(browser, mira):
    device = Device()
    response = send(browser, SUBSCRIPTIONS, device.as_json())
    subscription = PushSubscription.objects.get()
    assert response.json() == {"subscription": subscription.pk}
    assert (subscription.user, subscription.endpoint) == (mira, device.endpoint)
    assert subscription.session_key == browser.session.session_key
    assert subscription.origin == "http://testserver"
    assert "Firefox" in subscription.user_agent


def test_subscribing_again_renews(browser):
    device = Device()
    first = send(browser, SUBSCRIPTIONS, device.as_json()).json()
    renewed = Device(device.endpoint)
    assert send(browser, SUBSCRIPTIONS, renewed.as_json()).json() == first
    assert PushSubscription.objects.get().p256dh == renewed.as_json()["keys"]["p256dh"]


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("endpoint", {"endpoint": "https://example.org/x"}),
        ("endpoint", {"endpoint": "http://fcm.googleapis.com/x"}),
        ("endpoint", {"endpoint": "https://fcm.googleapis.com/" + "x" * 2_000}),
        ("p256dh", {"keys": {"p256dh": "AAAA", "auth": "A" * 22}}),
        ("p256dh", {"keys": {"p256dh": "B" + "A" * 86, "auth": "A" * 22}}),
        ("p256dh", {"keys": {"p256dh": "ä", "auth": "A" * 22}}),
        ("auth", {"keys": Device().as_json()["keys"] | {"auth": "AAAA"}}),
        ("auth", {"keys": Device().as_json()["keys"] | {"auth": "A" * 43}}),
        ("auth", {"keys": Device().as_json()["keys"] | {"auth": "!"}}),
        ("body", {"keys": None}),
        ("body", {"endpoint": 7}),
        ("body", {"padding": "x" * 9_000}),
    ],
)
def test_what_is_no_subscription_is_refused_with_the_field(browser, field, change):
    response = send(browser, SUBSCRIPTIONS, Device().as_json() | change)
    assert (response.status_code, response.json()["field"]) == (400, field)
    assert not PushSubscription.objects.exists()


@pytest.mark.parametrize("body", [b"", b"nonsense", b"[]", b"\xff", b"null"])
@pytest.mark.parametrize("url", [SUBSCRIPTIONS, REMOVAL])
def test_what_is_no_json_is_refused(browser, url, body):
    assert send(browser, url, body).status_code == 400


@pytest.mark.parametrize("url", [SUBSCRIPTIONS, REMOVAL])
def test_a_form_is_refused(mira, url):
    """Its body has been read already, for its CSRF token."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(mira)
    client.get("/")
    token = client.cookies["csrftoken"].value
    response = client.post(url, {"csrfmiddlewaretoken": token}, headers={"Accept": "application/json"})
    assert (response.status_code, response.json()["field"]) == (400, "body")


def test_only_so_many_devices_are_kept(browser, mira):
    for number in range(MAX_SUBSCRIPTIONS + 3):
        send(browser, SUBSCRIPTIONS, Device(f"https://fcm.googleapis.com/{number}").as_json())
    kept = PushSubscription.objects.filter(user=mira).values_list("endpoint", flat=True)
    assert len(kept) == MAX_SUBSCRIPTIONS
    assert "https://fcm.googleapis.com/2" not in kept
    assert "https://fcm.googleapis.com/3" in kept


def test_a_device_belongs_to_whoever_logged_in_last(browser, mira):
    device = Device()
    send(browser, SUBSCRIPTIONS, device.as_json())
    ana = make_user("ana")
    send(log_in(ana, Accept="application/json"), SUBSCRIPTIONS, device.as_json())
    assert PushSubscription.objects.get().user == ana


def test_a_browser_unsubscribes_itself_only(browser, mira):
    device = Device()
    send(browser, SUBSCRIPTIONS, device.as_json())
    other = log_in(make_user("ana"), Accept="application/json")
    assert send(other, REMOVAL, {"endpoint": device.endpoint}).status_code == 200
    assert PushSubscription.objects.exists()
    assert send(browser, REMOVAL, {"endpoint": device.endpoint}).status_code == 200
    assert not PushSubscription.objects.exists()


def test_changes_are_limited(browser, monkeypatch):
    monkeypatch.setattr(change_limit, "_limits", TokenBuckets(0.001, 2))
    answers = [send(browser, REMOVAL, {"endpoint": "https://x"}).status_code for _ in range(3)]
    assert answers == [200, 200, 429]


# -- the end of a session ---------------------------------------------------------------------------


@pytest.fixture
def subscribed(browser, mira) -> PushSubscription:
    send(browser, SUBSCRIPTIONS, Device().as_json())
    return PushSubscription.objects.get()


def test_logging_out_removes_the_device(browser, mira, subscribed):
    elsewhere = subscribe_device(mira, Device("https://fcm.googleapis.com/elsewhere"))
    browser.post("/accounts/logout/")
    assert list(PushSubscription.objects.all()) == [elsewhere]


def test_logging_a_session_out_elsewhere_removes_its_device(browser, page, mira, subscribed):
    page.get("/accounts/sessions/")
    browser.get("/profile/")
    session = mira.usersession_set.get(session_key=browser.session.session_key)
    page.post(reverse("accounts:user_session", args=[session.pk]))
    assert not PushSubscription.objects.exists()


def test_a_password_change_removes_the_other_devices(browser, mira, subscribed):
    subscribe_device(mira, Device("https://fcm.googleapis.com/elsewhere"))
    data = {"oldpassword": "a long pass phrase", "password1": "another pass phrase", "password2": "another pass phrase"}
    log_in(mira)
    browser.post("/accounts/password/change/", data, headers={"Accept": "text/html"})
    mira.refresh_from_db()
    assert mira.check_password("another pass phrase")
    assert list(PushSubscription.objects.all()) == [subscribed]
    browser.post("/accounts/logout/")
    assert not PushSubscription.objects.exists()


def test_suspending_and_deleting_an_account_removes_its_devices(mira, subscribed):
    ana = make_user("ana", is_superuser=True, is_staff=True)
    subscribe_device(ana, Device("https://fcm.googleapis.com/ana"))
    suspend(user=mira)
    assert [each.user for each in PushSubscription.objects.all()] == [ana]
    make_user("zoe", is_superuser=True)
    delete_account(user=ana, with_messages=False)
    assert not PushSubscription.objects.exists()


def test_devices_that_were_not_renewed_are_pruned_with_their_session(browser, mira, subscribed, settings):
    elsewhere = subscribe_device(mira, Device("https://fcm.googleapis.com/elsewhere"))  # without a session
    assert not outdated()
    at = timezone.now() - timedelta(seconds=settings.SESSION_COOKIE_AGE + 1)
    PushSubscription.objects.update(renewed_at=at)
    assert list(outdated()) == [elsewhere]
    assert prune()["push subscriptions"] == 1
    assert list(PushSubscription.objects.all()) == [subscribed]


# -- the page ---------------------------------------------------------------------------------------


def test_the_page_without_devices_says_so(page):
    assert "No devices yet" in page.get("/notifications/devices/").content.decode()


def test_the_page_lists_devices_but_no_secrets(browser, page, subscribed):
    PushSubscription.objects.update(result="refused", reason="HTTP 400 <b>", attempted_at=timezone.now())
    text = page.get("/notifications/devices/").content.decode()
    assert "Firefox 145 on Linux" in text
    assert "HTTP 400 &lt;b&gt;" in text
    assert "This device" not in text
    assert "This device" in browser.get("/notifications/devices/", headers={"Accept": "text/html"}).content.decode()
    assert subscribed.endpoint not in text
    assert subscribed.auth not in text


def test_the_page_has_a_fixed_number_of_queries(page, mira, django_assert_num_queries):
    page.get("/notifications/devices/")
    for number in range(10):
        subscribe_device(mira, Device(f"https://fcm.googleapis.com/{number}"))
    with django_assert_num_queries(3):  # the session, the user and the devices
        page.get("/notifications/devices/")


def test_a_device_is_removed_with_a_form(page, subscribed):
    url = reverse("messaging:device", args=[subscribed.pk])
    assert log_in(make_user("ana")).post(url, {"_method": "DELETE"}).status_code == 302
    assert PushSubscription.objects.exists()
    response = page.post(url, {"_method": "DELETE", "next": "/notifications/devices/"}, follow=True)
    assert "Device removed." in response.content.decode()
    assert not PushSubscription.objects.exists()


# -- tests ------------------------------------------------------------------------------------------


@pytest.fixture
def own_device(service, mira):
    return subscribe_device(mira, service.device())


def try_out(page: Client, subscription: PushSubscription) -> str:
    referer = "http://testserver/notifications/devices/"
    url = reverse("messaging:device_test", args=[subscription.pk])
    return page.post(url, headers={"Referer": referer}, follow=True).content.decode()


def test_a_test_arrives_and_the_page_says_so(page, service, own_device):
    assert "should appear on the device" in try_out(page, own_device)
    assert len(service.accepted) == 1
    own_device.refresh_from_db()
    assert own_device.result == "delivered"


def test_a_test_that_is_refused_says_why(page, service, own_device):
    service.reply = status(400, b"BadJwtToken")
    assert "The push service refused the notification: HTTP 400 BadJwtToken" in try_out(page, own_device)
    own_device.refresh_from_db()
    assert (own_device.result, own_device.reason) == ("refused", "HTTP 400 BadJwtToken")


def test_a_test_of_a_device_that_is_gone_removes_it(page, service, own_device):
    service.reply = status(410)
    assert "no longer accepts notifications" in try_out(page, own_device)
    assert not PushSubscription.objects.exists()


def test_a_test_that_cannot_be_delivered_says_why(page, service, own_device):
    service.reply = lambda received: None
    assert "couldn’t be reached" in try_out(page, own_device)
    own_device.refresh_from_db()
    assert own_device.result == "unreachable"


def test_nobody_tests_another_persons_device(own_device, service):
    try_out(log_in(make_user("ana"), Accept="text/html"), own_device)
    assert service.received == []
