"""Chooses the links for which a message shows previews, and normalizes their URLs."""

from collections.abc import Iterable
from urllib.parse import urldefrag, urlsplit

from django.conf import settings

from messaging.models.link_preview import MAX_URL
from outbound.guard import Destination, NotAllowed, parse_url

MAX_LINKS = 3  # in each message


def choose_links(urls: Iterable[str]) -> tuple[str, ...]:
    """Return the first links that can have previews, each once: pages of the site itself have none."""
    chosen: dict[str, str] = {}
    for url in urls:
        destination = parse(url)
        if destination is not None and not _is_own(destination):
            chosen.setdefault(to_url(destination), url)
        if len(chosen) == MAX_LINKS:
            break
    return tuple(chosen.values())


def parse(url: str) -> Destination | None:
    """Return where the page of a link is, or None if it can't be requested."""
    if len(url) > MAX_URL:  # with its fragment, which is stored with the message
        return None
    try:
        return parse_url(urldefrag(url).url)
    except (NotAllowed, ValueError):  # such as that of an unfinished IPv6 address
        return None


def to_url(destination: Destination) -> str:
    """Return the normalized URL, which is the same for all links to the page."""
    return f"{destination.scheme}://{destination.header}{destination.target}"


def _is_own(destination: Destination) -> bool:
    own = urlsplit(settings.SITE_URL)
    return destination.header == own.netloc or destination.header in settings.ALLOWED_HOSTS
