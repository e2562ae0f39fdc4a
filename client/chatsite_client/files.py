"""Uploads with the tus protocol, which go on after a lost connection, and downloads."""

import asyncio
import base64
import mimetypes
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import IO

import httpx

from chatsite_client import paths
from chatsite_client.errors import Refused, Unreachable, reason_of, unreadable
from chatsite_client.http import HttpSite, check
from chatsite_client.i18n import gettext as _
from chatsite_client.models import Attachment

PART_BYTES = 4_000_000
BYTES = "application/offset+octet-stream"
ATTEMPTS = 8
UPLOAD_TIMEOUT = 120.0  # the last part is only confirmed when the file has been inspected
RETRIED = {"silent", "wrong_offset", "locked", "rate_limited", "unavailable", "closing"}

Progress = Callable[[int, int], None]  # the bytes that were sent or received, and the size


async def upload(site: HttpSite, room: int, path: Path, *, name: str = "", progress: Progress | None = None) -> str:
    """Upload a file for a message in a room, and return the id to post it with."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        url = await _create(site, room, name or path.name, size)
        attempt = offset = 0
        while offset < size:
            try:
                offset = await _send_part(site, url, file, offset, size)
                attempt = 0
                if progress is not None:
                    progress(offset, size)
            except (Refused, Unreachable) as error:
                attempt += 1
                if attempt == ATTEMPTS or (isinstance(error, Refused) and error.code not in RETRIED):
                    raise
                await asyncio.sleep(getattr(error, "retry_after", None) or min(attempt, 5))
                offset = await _offset(site, url, offset)
    return url.strip("/").rpartition("/")[2]


@asynccontextmanager
async def open_download(site: HttpSite, url: str) -> AsyncIterator[httpx.Response]:
    """Open the download of an attachment's `url`, whose body is then read from the response.

    A store to which the site redirects gets none of the account's headers. Raises Unreachable, also while it is read.
    """
    async with AsyncExitStack() as opened:
        try:
            response = await _open(site.client, f"{url}?download", opened)
            if response.is_redirect:
                plain = await opened.enter_async_context(httpx.AsyncClient())
                response = await _open(plain, _header(response, "location"), opened)
            yield response
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            text = _("The download was interrupted: {reason}.")
            raise Unreachable(text.format(reason=reason_of(error))) from None


async def download(
    site: HttpSite, attachment: Attachment, file: IO[bytes], *, progress: Progress | None = None
) -> None:
    """Write an attachment's content to an open file. Raises Unreachable if it is incomplete."""
    received = 0
    async with open_download(site, attachment.url) as response:
        async for part in response.aiter_bytes():
            file.write(part)
            received += len(part)
            if progress is not None:
                progress(received, attachment.size)
    if received != attachment.size:
        raise Unreachable(_("The download was interrupted."))


async def _open(client: httpx.AsyncClient, url: str, opened: AsyncExitStack) -> httpx.Response:
    """Return a response that is closed with `opened`."""
    request = client.build_request("GET", url, headers={"Accept": "*/*", "Accept-Encoding": "identity"})
    response = await client.send(request, stream=True)
    opened.push_async_callback(response.aclose)
    if response.status_code >= 400:
        await response.aread()
    check(response)
    return response


async def _create(site: HttpSite, room: int, name: str, size: int) -> str:
    metadata = {"filename": name, "room": str(room), "filetype": mimetypes.guess_type(name)[0] or ""}
    pairs = ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in metadata.items() if value)
    headers = {"Tus-Resumable": "1.0.0", "Upload-Length": str(size), "Upload-Metadata": pairs}
    response = await site.request("POST", paths.UPLOADS, headers=headers)
    return _header(response, "location")


async def _send_part(site: HttpSite, url: str, file: IO[bytes], offset: int, size: int) -> int:
    """Send the next part and return the new offset. For the last one, that takes until the file was inspected."""
    file.seek(offset)
    part = file.read(PART_BYTES)
    if not part:
        raise Refused("invalid", _("The file has become shorter."))
    headers = {
        "Tus-Resumable": "1.0.0",
        "Upload-Offset": str(offset),
        "Content-Type": BYTES,
    }
    response = await site.request("PATCH", url, headers=headers, content=part, timeout=UPLOAD_TIMEOUT)
    return _offset_of(response)


async def _offset(site: HttpSite, url: str, known: int) -> int:
    try:
        response = await site.request("HEAD", url, headers={"Tus-Resumable": "1.0.0"}, timeout=UPLOAD_TIMEOUT)
    except Unreachable:
        return known  # the next part finds out
    return _offset_of(response)


def _offset_of(response: httpx.Response) -> int:
    offset = _header(response, "upload-offset")
    if not offset.isascii() or not offset.isdecimal():
        raise unreadable(response.url)
    return int(offset)


def _header(response: httpx.Response, name: str) -> str:
    """Return a header that every Chatsite sends. Another server may not."""
    if name not in response.headers:
        raise unreadable(response.url)
    return str(response.headers[name])
