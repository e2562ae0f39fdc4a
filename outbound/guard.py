"""Decides where requests may go: by the URL, and again by each IP address that its host has."""

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlsplit

from outbound.addresses import Network, is_public, parse

MAX_URL = 2_000
DEFAULT_PORTS = {"https": 443, "http": 80}
LEAST_OTHER_PORT = 1_024  # mail, remote shells and the like are below

_URL = re.compile(r"https?://[!-~]+", re.IGNORECASE)  # a space or a line break could be read as a part of the request


class NotAllowed(Exception):
    """No requests are sent to this URL, or to an address of its host."""


class Destination(NamedTuple):
    """A URL that requests may be sent to. `target`: its path and query."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def header(self) -> str:
        """The value of the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"


@dataclass(frozen=True)
class Guard:
    """Allows HTTPS to public addresses and, for what is listed, also HTTP and private addresses.

    hosts: names such as example.org, *.example.org and example.org:8443. Without a port, they mean 443 and 80.
    networks: with all their ports.
    allows_http: whether HTTP to public addresses is allowed, too.
    """

    hosts: tuple[str, ...] = ()
    networks: tuple[Network, ...] = ()
    allows_http: bool = False

    @classmethod
    def allowing(cls, listed: Iterable[str], *, allows_http: bool = False) -> "Guard":
        """Create a guard from a list of hosts and networks."""
        hosts, networks = [], []
        for each in listed:
            try:
                networks.append(ipaddress.ip_network(each))
            except ValueError:
                hosts.append(each)
        return cls(tuple(hosts), tuple(networks), allows_http)

    def check_url(self, url: str) -> Destination:
        """Raises NotAllowed."""
        destination = parse_url(url)
        if self.lists(destination.host, destination.port):
            return destination
        if destination.scheme != "https" and not self.allows_http:
            raise NotAllowed("the address must begin with https://")
        if destination.port != DEFAULT_PORTS[destination.scheme] and destination.port < LEAST_OTHER_PORT:
            raise NotAllowed(f"port {destination.port} isn't allowed")
        return destination

    def check_address(self, host: str, port: int, address: str) -> None:
        """Check an IP address of a host that requests are sent to. Raises NotAllowed."""
        if not is_public(address) and not self.lists(host, port) and not self._is_listed(address):
            raise NotAllowed(f"{host} has the address {address}, which isn't public")

    def lists(self, host: str, port: int) -> bool:
        """Return whether this host and port are listed."""
        return is_listed(host, port, self.hosts) or self._is_listed(host)

    def _is_listed(self, address: str) -> bool:
        try:
            parsed = parse(address)
        except ValueError:
            return False
        return any(parsed in network for network in self.networks)


def parse_url(url: str) -> Destination:
    """Parse an http(s) URL without a user name or a fragment. Raises NotAllowed."""
    if len(url) > MAX_URL or not _URL.fullmatch(url):
        raise NotAllowed("it isn't the address of a web server")
    try:
        parts = urlsplit(url)
        scheme, host = parts.scheme.lower(), parts.hostname or ""
        port = DEFAULT_PORTS[scheme] if parts.port is None else parts.port
    except ValueError:
        raise NotAllowed("it isn't a valid address") from None
    if parts.username is not None or "#" in url or not host or "\\" in parts.netloc or not port:
        raise NotAllowed("it isn't a valid address")
    path = parts.path or "/"
    return Destination(scheme, host, port, f"{path}?{parts.query}" if parts.query else path)


def is_listed(host: str, port: int, listed: Iterable[str]) -> bool:
    """Return whether one of these patterns matches a host and port."""
    for pattern in listed:
        name, _, listed_port = pattern.partition(":")
        ports = (int(listed_port),) if listed_port else DEFAULT_PORTS.values()
        if port in ports and _matches(host, name):
            return True
    return False


def _matches(host: str, name: str) -> bool:
    return host.endswith(name[1:]) and host != name[1:] if name.startswith("*.") else host == name
