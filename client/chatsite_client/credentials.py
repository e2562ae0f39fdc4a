"""Proof of who is logged in: an API token, or the session of a person who logged in with a password."""

import secrets
from urllib.parse import urlsplit

from msgspec import Struct

from chatsite_client.i18n import gettext as _


class Credentials(Struct, frozen=True, omit_defaults=True):
    """Either a `token` or a `session` is set."""

    token: str = ""
    session: str = ""

    def headers(self, url: str) -> dict[str, str]:
        """Return the headers for requests to the site at `url`.

        A session needs the site's own `Origin`, and a CSRF token that is the same in the cookie and the header.
        """
        if self.token:
            return {"Authorization": f"Bearer {self.token}"}
        csrf = secrets.token_hex(16)
        return {"Cookie": f"sessionid={self.session}; csrftoken={csrf}", "X-CSRFToken": csrf, "Origin": origin_of(url)}


def origin_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def clean_url(url: str) -> str:
    """Return a site's address as it is kept: `chat.example.org` becomes `https://chat.example.org`.

    On this machine, HTTP is assumed. Raises ValueError if it isn't an address.
    """
    if "://" not in url:
        host = url.split("/")[0].rpartition(":")[0] or url.split("/")[0]
        url = f"http://{url}" if host in ("localhost", "127.0.0.1", "[::1]") else f"https://{url}"
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.port == 0:
        text = _("{url} isn’t the address of a site. Give one such as https://chat.example.org.")
        raise ValueError(text.format(url=url))
    return origin_of(url)
