"""Requests go to public addresses over HTTPS, unless a setting allows more."""

import pytest

from outbound.addresses import is_public
from outbound.guard import Guard, NotAllowed

ALLOWED = [
    "https://example.org",
    "https://EXAMPLE.org:443/a?b=c",
    "https://example.org:8443/x",
    "https://142.250.1.95/x",
    "https://[2a00:1450:4001::200a]/x",
]
REFUSED = [
    *("", "nonsense", "http://example.org/", "//example.org/x", "ftp://example.org/", "file:///etc/passwd"),
    *("https://", "https://?x", "https://example.org:0/", "https://example.org:99999/", "https://example.org:x/"),
    *("https://example.org:22/", "https://example.org:25/", "https://example.org:80/", "https://example.org:1023/"),
    *("https://ana@example.org/", "https://ana:b@example.org/", "https://:@example.org/", "https://@example.org/"),
    *("https://example.org/#x", "https://example.org/#", "https://example.org\\@evil.org/", "https://[/x"),
    *("https://example.org/x y", "https://example.org/x\r\nHost: y", "https://exämple.org/", "https://e.org/\x00"),
    "https://example.org/" + "x" * 2_000,
]


@pytest.mark.parametrize("url", ALLOWED, ids=str)
def test_https_is_allowed(url):
    assert Guard().check_url(url).scheme == "https"


@pytest.mark.parametrize("url", REFUSED, ids=repr)
def test_everything_else_is_refused(url):
    with pytest.raises(NotAllowed):
        Guard().check_url(url)


def test_a_destination_is_what_is_sent():
    assert Guard().check_url("https://example.org:8443/a/../b?c=%20d") == (
        "https",
        "example.org",
        8443,
        "/a/../b?c=%20d",
    )
    assert Guard().check_url("https://EXAMPLE.org").header == "example.org"
    assert Guard().check_url("https://[2a00:1450::1]:8443/").header == "[2a00:1450::1]:8443"


def test_listed_hosts_may_use_http_and_private_addresses():
    guard = Guard.allowing(["bot.lan", "*.bots.lan:8080", "10.1.2.3:81", "192.168.0.0/16"])
    for url in (
        "http://bot.lan/",
        "https://bot.lan/",
        "http://a.bots.lan:8080/",
        "http://10.1.2.3:81/",
        "http://192.168.7.8:22/",
    ):
        assert guard.check_url(url)
    for url in ("http://bot.lan:8080/", "http://bots.lan:8080/", "http://10.1.2.3/", "http://192.169.0.1/"):
        with pytest.raises(NotAllowed):
            guard.check_url(url)
    guard.check_address("bot.lan", 80, "10.0.0.1")
    guard.check_address("other.lan", 443, "192.168.1.1")
    for host, port, address in (("bot.lan", 8080, "10.0.0.1"), ("other.lan", 443, "10.0.0.1")):
        with pytest.raises(NotAllowed, match=r"10\.0\.0\.1"):
            guard.check_address(host, port, address)


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "100.100.100.200"),
        *("0.0.0.0", "0.1.2.3", "224.0.0.1", "255.255.255.255", "192.0.2.1", "192.0.0.192", "198.18.0.1", "240.0.0.1"),
        *("168.63.129.16", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:0:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1"),
        *(
            "64:ff9b::a00:1",
            "64:ff9b:1::a00:1",
            "64:ff9b::a83f:8110",
            "2002:7f00:1::",
            "2002:8efa:15f::1",
            "2001:db8::1",
        ),
        *("2001:0:4136:e378:8000:63bf:3fff:fdd2", "3fff::1", "5f00::1"),
    ],
)
def test_private_addresses_are_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["142.250.1.95", "2a00:1450:4001::200a", "::ffff:142.250.1.95", "64:ff9b::8efa:15f"]
)
def test_public_addresses_are_public(address):
    assert is_public(address)
