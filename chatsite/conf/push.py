"""Settings of Web Push: the key, and further push services."""

import re

from chatsite.conf.env import invalid, items, text

HOST = re.compile(r"(?:\*\.)?[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*(?::[0-9]{1,5})?")


def push_key() -> str:
    """Return CHAT_PUSH_KEY, or an empty string if the key is stored in the data folder."""
    key = text("CHAT_PUSH_KEY")
    if key and not re.fullmatch(r"[A-Za-z0-9_-]{43}", key):
        raise invalid(
            "CHAT_PUSH_KEY",
            "is not a key. Set the one in DATA_DIR/push_key of another server, or remove it to use a key in DATA_DIR.",
            is_secret=True,
        )
    return key


def push_hosts() -> list[str]:
    """Return CHAT_PUSH_HOSTS: host names such as ntfy.example.org, *.example.org and 10.0.0.7:8443."""
    hosts = [host.lower() for host in items("CHAT_PUSH_HOSTS")]
    for host in hosts:
        if not HOST.fullmatch(host) or int(host.partition(":")[2] or 443) not in range(1, 65536):
            raise invalid(
                "CHAT_PUSH_HOSTS",
                f"contains {host!r}. Use host names with an optional port, as in ntfy.example.org,*.example.org:8443.",
            )
    return hosts
