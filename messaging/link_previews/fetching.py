"""Requests the pages of links, and the images that they name.

Nothing is sent about the message, its author or its readers: the site's server asks, without cookies or a referrer.
"""

import asyncio
from typing import NamedTuple
from urllib.parse import urldefrag, urljoin

from django.conf import settings

from messaging.link_previews.charsets import decode_page
from messaging.link_previews.metadata import Metadata, read_metadata
from outbound.client import Client, Limits, Response
from outbound.guard import Guard, NotAllowed

SECONDS = 10.0  # for the page, and again for its image
MAX_PAGE = 524_288  # bytes
MAX_IMAGE = 5_000_000
PER_HOST = 2  # requests at a time; also limits those that are redirected to a host
REDIRECTS = 5

PAGES = ("text/html", "application/xhtml+xml")
ACCEPT = f"{','.join(PAGES)},image/*;q=0.8"


class Found(NamedTuple):
    """The texts and the image of a preview. `image`: the untrusted bytes of an image, or b""."""

    title: str = ""
    site: str = ""
    description: str = ""
    image: bytes = b""


def preview_client() -> Client:
    """Return a client for pages, which may also use HTTP."""
    guard = Guard.allowing(settings.LINK_PREVIEWS_ALLOWED_HOSTS, allows_http=True)
    return Client(guard, Limits(seconds=SECONDS, max_body=MAX_PAGE, per_host=PER_HOST, redirects=REDIRECTS))


async def fetch(client: Client, url: str) -> Found:
    """Return what a page says, or nothing if it can't be requested or is of another kind."""
    response = await _get(client, url)
    if response is None:
        return Found()
    if _type_of(response).startswith("image/"):
        return Found(image=response.body if response.is_complete else await _fetch_image(client, url))
    if _type_of(response) not in PAGES:
        return Found()
    page = await asyncio.to_thread(_read, response)
    if not page.title:
        return Found()
    return Found(page.title, page.site, page.description, await _fetch_named_image(client, response.url, page.image))


async def _fetch_named_image(client: Client, page_url: str, named: str) -> bytes:
    """Return the image that a page names, or b""."""
    try:
        url = urldefrag(urljoin(page_url, named)).url
    except ValueError:
        return b""
    return await _fetch_image(client, url) if named else b""


async def _fetch_image(client: Client, url: str) -> bytes:
    response = await _get(client, url, accept="image/*", max_body=MAX_IMAGE)
    return response.body if response is not None and response.is_complete else b""


async def _get(client: Client, url: str, *, accept: str = ACCEPT, max_body: int = MAX_PAGE) -> Response | None:
    """Return a successful response, or None."""
    try:
        sent = client.send("GET", url, {"Accept": accept, "User-Agent": _user_agent()}, max_body=max_body)
        response = await asyncio.wrap_future(sent)
    except (OSError, NotAllowed):
        return None
    return response if response.status == 200 else None


def _user_agent() -> str:
    return f"Chatsite/1 (link preview; +{settings.SITE_URL})" if settings.SITE_URL else "Chatsite/1 (link preview)"


def _type_of(response: Response) -> str:
    return response.headers.get("content-type", "").partition(";")[0].strip().lower()


def _read(response: Response) -> Metadata:
    page = decode_page(response.body, response.headers.get("content-type", ""))
    return read_metadata(page, robots=response.headers.get("x-robots-tag", ""))
