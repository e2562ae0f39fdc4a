"""The server sends requests to known push services only, at public addresses, whatever a browser claims."""

import socket

import pytest

from messaging.push.services import NotAllowed, Service, is_apple, is_public, service_of

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
    service = service_of(endpoint)
    assert service.port == 443
    assert not service.is_trusted


@pytest.mark.parametrize("endpoint", REFUSED)
def test_everything_else_is_refused(endpoint):
    with pytest.raises(NotAllowed):
        service_of(endpoint)


def test_a_setting_adds_push_services(settings):
    settings.CHAT_PUSH_HOSTS = ["ntfy.example.org", "*.push.example.org:8443"]
    assert service_of("https://ntfy.example.org/up?x=1") == Service("ntfy.example.org", 443, is_trusted=True)
    assert service_of("https://a.push.example.org:8443/x").is_trusted
    for other in ("https://ntfy.example.org:8443/x", "https://a.push.example.org/x", "https://push.example.org:8443/x"):
        with pytest.raises(NotAllowed):
            service_of(other)
    assert not service_of("https://fcm.googleapis.com/x").is_trusted


@pytest.mark.parametrize(
    "address",
    [
        *(
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
        ),
        *("255.255.255.255", "192.0.2.1", "240.0.0.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "2002:7f00:1::", "2001:db8::1"),
        *("2001:0:4136:e378:8000:63bf:3fff:fdd2", "::127.0.0.1"),
    ],
)
def test_private_addresses_are_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["142.250.1.95", "2a00:1450:4001::200a", "::ffff:142.250.1.95", "64:ff9b::8efa:15f"]
)
def test_public_addresses_are_public(address):
    assert is_public(address)


@pytest.fixture
def resolving(monkeypatch):
    def resolve_to(*addresses: str) -> None:
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in addresses]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: found)

    return resolve_to


def test_a_known_name_with_a_private_address_is_refused(resolving):
    resolving("142.250.1.95", "10.0.0.1")
    with pytest.raises(NotAllowed, match=r"10\.0\.0\.1"):
        Service("fcm.googleapis.com", 443, is_trusted=False).addresses()


def test_only_hosts_in_the_setting_may_have_a_private_address(resolving):
    resolving("10.0.0.1")
    assert Service("ntfy.lan", 443, is_trusted=True).addresses() == ["10.0.0.1"]


def test_apple_is_recognized_by_its_host():
    assert is_apple("https://web.push.apple.com/QGx")
    assert not is_apple("https://fcm.googleapis.com/web.push.apple.com")
