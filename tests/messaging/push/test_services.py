"""The server sends requests to known push services only, at public addresses, whatever a browser claims."""

import pytest

from messaging.push.services import check_endpoint, is_apple, push_client
from outbound.guard import NotAllowed

ALLOWED = [
    "https://fcm.googleapis.com/fcm/send/abc:def",
    "https://updates.push.services.mozilla.com/wpush/v2/abc",
    "https://web.push.apple.com/QGx",
    "https://wns2-par02p.notify.windows.com/w/?token=abc%3d",
    "https://FCM.googleapis.com:443/fcm/send/abc",
]
REFUSED = [
    *("", "nonsense", "http://fcm.googleapis.com/x", "//fcm.googleapis.com/x", "ftp://fcm.googleapis.com/x"),
    *("https://example.org/x", "https://fcm.googleapis.com.example.org/x", "https://evilfcm.googleapis.com/x"),
    *("https://push.apple.com/x", "https://evilpush.apple.com/x", "https://.push.apple.com.evil.org/x"),
    *("https://fcm.googleapis.com:8443/x", "https://fcm.googleapis.com:0/x", "https://fcm.googleapis.com:99999/x"),
    *("https://ana@fcm.googleapis.com/x", "https://:@fcm.googleapis.com/x", "https://fcm.googleapis.com/x#y"),
    *("https://fcm.googleapis.com\\@example.org/x", "https://fcm.googleapis.com@example.org/x"),
    *("https://fcm.googleapis.com/x y", "https://fcm.googleapis.com/x\r\nHost: y", "https://fcm.googleapis.com/ä"),
    *("https://127.0.0.1/x", "https://[::1]/x", "https://localhost/x", "https://169.254.169.254/latest", "https://[/x"),
    "https://fcm.googleapis.com/" + "x" * 2_000,
]


@pytest.mark.parametrize("endpoint", ALLOWED)
def test_known_push_services_are_allowed(endpoint):
    check_endpoint(endpoint)


@pytest.mark.parametrize("endpoint", REFUSED)
def test_everything_else_is_refused(endpoint):
    with pytest.raises(NotAllowed):
        check_endpoint(endpoint)


def test_a_setting_adds_push_services(settings):
    settings.CHAT_PUSH_HOSTS = ["ntfy.example.org", "*.push.example.org:8443"]
    check_endpoint("https://ntfy.example.org/up?x=1")
    check_endpoint("https://a.push.example.org:8443/x")
    for other in ("https://ntfy.example.org:8443/x", "https://a.push.example.org/x", "https://push.example.org:8443/x"):
        with pytest.raises(NotAllowed):
            check_endpoint(other)


def test_only_those_in_the_setting_may_have_a_private_address(service, settings):
    device = f"https://{service.host}/x"
    client = push_client()
    assert client.send("POST", device, {}, b"").result(10).status == 201
    client.close()
    settings.CHAT_PUSH_HOSTS = []
    client = push_client()
    with pytest.raises(NotAllowed, match=r"127\.0\.0\.1"):
        client.send("POST", device, {}, b"").result(10)
    client.close()


def test_apple_is_recognized_by_its_host():
    assert is_apple("https://web.push.apple.com/QGx")
    assert not is_apple("https://fcm.googleapis.com/web.push.apple.com")
