"""Settings of requests to other servers."""

import ipaddress

from chatsite.conf.env import invalid, items
from chatsite.conf.push import HOST


def allowed_hosts(name: str) -> list[str]:
    """Return the hosts in a setting: names such as bot.lan, *.bot.lan:8080 and 10.0.0.7:8080, and networks."""
    hosts = [host.lower() for host in items(name)]
    for host in hosts:
        if "/" in host and _is_network(host):
            continue
        if not HOST.fullmatch(host) or int(host.partition(":")[2] or 443) not in range(1, 65536):
            raise invalid(
                name,
                f"contains {host!r}. Use host names with an optional port, and networks, as in "
                "bot.example.org,127.0.0.1:8080,10.0.0.0/8.",
            )
    return hosts


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text)
    except ValueError:
        return False
    return True
