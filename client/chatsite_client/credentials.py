"""Proof of who is logged in: an API token, or the session of a person who logged in with a password."""

import re
import secrets
from urllib.parse import urlsplit

from msgspec import Struct

from chatsite_client.i18n import gettext as _

_SENDABLE = re.compile("[!-:<-~]*")  # ASCII without blanks, controls, and the semicolon that ends a cookie


class Credentials(Struct, frozen=True, omit_defaults=True):
    """Either a `token` or a `session` is set."""

    token: str = ""
    session: str = ""

    def __post_init__(self) -> None:
        """Raise ValueError for what can't be a part of a request, without repeating it."""
        if not _SENDABLE.fullmatch(self.token + self.session):
            raise ValueError(
                _("This isn’t an API token. Copy it again, or create another one in Settings › API tokens.")
            )

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
    if not _is_site(url):
        text = _("{url} isn’t the address of a site. Give one such as https://chat.example.org.")
        raise ValueError(text.format(url=url))
    return origin_of(url)


def _is_site(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").encode("idna")
        return parts.scheme in ("http", "https") and bool(host) and not parts.username and parts.port != 0
    except ValueError:
        return False
