"""Attacks by members with files, photos and deletions."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import perf_counter
from typing import Any

import httpx
from PIL import Image

from bench.client import PeerError
from bench.database import query
from bench.protocols import Participant
from bench.servers import RunningServer
from tests.hostile_files import encode, image_file, pdf_of_strokes

COSTLY_FILES = {
    "strokes.pdf": pdf_of_strokes(2_000_000),  # takes a minute to render
    "large.png": encode(Image.new("P", (5_000, 5_000))),  # as many pixels as are accepted, in 73 KB
}
SMALL_FILE = image_file()
SECONDS = 10.0
TOKEN = "a" * 32  # for CSRF: the header only has to match the cookie


@asynccontextmanager
async def browser_of(server: RunningServer, participant: Participant) -> AsyncIterator[httpx.AsyncClient]:
    cookies = {"sessionid": participant.cookie, "csrftoken": TOKEN}
    base = f"http://127.0.0.1:{server.ports[0]}"
    headers = {"X-CSRFToken": TOKEN, "Accept": "application/json"}
    async with httpx.AsyncClient(base_url=base, cookies=cookies, headers=headers, timeout=120) as browser:
        yield browser


async def upload(browser: httpx.AsyncClient, room: int, name: str, content: bytes) -> None:
    """Upload a file and discard it. The server responds once the file has been opened and its preview is stored."""
    fields = {"filename": name, "room": str(room)}
    metadata = ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in fields.items())
    headers = {"Tus-Resumable": "1.0.0", "Upload-Length": str(len(content)), "Upload-Metadata": metadata}
    url = (await _request(browser, "POST", "/uploads/", headers=headers)).headers["location"]
    headers = {"Tus-Resumable": "1.0.0", "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
    await _request(browser, "PATCH", url, content=content, headers=headers)
    await _request(browser, "DELETE", url, headers={"Tus-Resumable": "1.0.0"})  # unsent files are limited


async def upload_costly_files(server: RunningServer) -> None:
    """Let two people keep uploading the most expensive files."""
    until = perf_counter() + SECONDS

    async def keep_uploading(attacker: Participant) -> None:
        async with browser_of(server, attacker) as browser:
            while perf_counter() < until:
                for name, content in COSTLY_FILES.items():
                    await upload(browser, attacker.room, name, content)

    await asyncio.gather(*map(keep_uploading, server.participants[3:5]))


async def change_photo_often(server: RunningServer) -> None:
    """Upload the most expensive profile photo again and again."""
    until = perf_counter() + SECONDS
    async with browser_of(server, server.participants[3]) as browser:
        while perf_counter() < until:
            photo = {"photo": ("me.png", COSTLY_FILES["large.png"])}
            response = await browser.post("/profile/", data={"theme": "auto"}, files=photo)
            if response.status_code not in (200, 302, 429, 503):
                raise PeerError(f"the photo was answered with {response.status_code}")


async def delete_messages(server: RunningServer) -> None:
    """Let the first room's moderator delete all messages that the first user posted there."""
    sender, *others = server.participants
    moderator = next(each for each in others if each.room == sender.room)
    sender_id = query(server, "SELECT id FROM accounts_user WHERE username = ?", sender.name)
    async with browser_of(server, moderator) as browser:
        path = f"/rooms/{moderator.room}/members/{sender_id}/messages/"
        await _request(browser, "POST", path, data={"span": "all"})
    while query(server, "SELECT count(*) FROM messaging_bulkdeletion"):  # noqa: ASYNC110 (in another process)
        await asyncio.sleep(0.1)


async def _request(browser: httpx.AsyncClient, method: str, url: str, **options: Any) -> httpx.Response:
    """Send a request, again if the sender has used up their rate. Raises PeerError if it fails."""
    response = await browser.request(method, url, **options)
    while response.status_code == httpx.codes.TOO_MANY_REQUESTS:
        await asyncio.sleep(response.json()["retry_after"])
        response = await browser.request(method, url, **options)
    if not response.is_success:
        raise PeerError(f"{response.url} was answered with {response.status_code}: {response.text[:200]}")
    return response
