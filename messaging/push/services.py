"""Which push services the server sends requests to. Their addresses come from browsers, so from anyone."""

import ipaddress
import re
import socket
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import urlsplit

from django.conf import settings

from messaging.models.push import MAX_ENDPOINT

HOSTS = ("fcm.googleapis.com", "*.push.services.mozilla.com", "*.push.apple.com", "*.notify.windows.com")
HTTPS_PORT = 443

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_URL = re.compile(r"https://[!-~]+")  # a space or a line break could be read as a part of the request
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class NotAllowed(Exception):
    """The server sends no requests to this endpoint, or to the address of its host."""


class Service(NamedTuple):
    """The host and port of a push service. `is_trusted`: it is in CHAT_PUSH_HOSTS, so it may have a private address."""

    host: str
    port: int
    is_trusted: bool

    def addresses(self) -> list[str]:
        """Look up its IP addresses. Raises OSError, or NotAllowed if one of them isn't public."""
        found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
        if not self.is_trusted:
            for address in addresses:
                if not is_public(address):
                    raise NotAllowed(f"{self.host} has the address {address}, which isn't public")
        return addresses


def service_of(endpoint: str) -> Service:
    """Return the push service of an endpoint. Raises NotAllowed."""
    if len(endpoint) > MAX_ENDPOINT or not _URL.fullmatch(endpoint):
        raise NotAllowed("the endpoint isn't an HTTPS address")
    try:
        parts = urlsplit(endpoint)
        host, port = parts.hostname or "", HTTPS_PORT if parts.port is None else parts.port
    except ValueError:
        raise NotAllowed("the endpoint isn't a valid address") from None
    if parts.username is not None or parts.fragment or not host:
        raise NotAllowed("the endpoint isn't a valid address")
    if _is_listed(host, port, settings.CHAT_PUSH_HOSTS):
        return Service(host, port, is_trusted=True)
    if _is_listed(host, port, HOSTS):
        return Service(host, port, is_trusted=False)
    raise NotAllowed(f"{host}:{port} isn't a known push service")


def is_apple(endpoint: str) -> bool:
    """Return whether the endpoint is Apple's, which ends a subscription if a push shows nothing."""
    return (urlsplit(endpoint).hostname or "").endswith(".push.apple.com")


def is_public(text: str) -> bool:
    """Return whether an IP address is on the public internet, also if it contains an IPv4 address."""
    address: Address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        if address.sixtofour is not None or address.teredo is not None:
            return False
        if address in _NAT64:
            address = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        elif address.ipv4_mapped is not None:
            address = address.ipv4_mapped
    return address.is_global and not address.is_multicast and not address.is_reserved


def _is_listed(host: str, port: int, listed: Iterable[str]) -> bool:
    for pattern in listed:
        name, _, listed_port = pattern.partition(":")
        if port == int(listed_port or HTTPS_PORT) and _matches(host, name):
            return True
    return False


def _matches(host: str, name: str) -> bool:
    return host.endswith(name[1:]) and host != name[1:] if name.startswith("*.") else host == name
