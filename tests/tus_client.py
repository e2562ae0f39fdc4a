"""A plain tus client, written only from the specification."""

import base64
from typing import Any

import httpx

from accounts.models import User
from rooms.models import Room
from tests.live_client import session_of
from tests.server import Site

PART_BYTES = 4_000_000
BYTES = "application/offset+octet-stream"


class TusClient:
    """Uploads and downloads files over HTTP, logged in as `user` if given."""

    def __init__(self, site: Site, user: User | None = None) -> None:
        self.user = user
        cookies = {"sessionid": session_of(user)} if user is not None else {}
        headers = {"Tus-Resumable": "1.0.0"}
        self.http = httpx.Client(base_url=site.url, cookies=cookies, headers=headers, timeout=60)

    def create(self, room: Room | int, size: int, name: str = "notes.bin", **headers: str) -> httpx.Response:
        pairs = _metadata(filename=name, room=str(room if isinstance(room, int) else room.pk))
        return self.http.post("/uploads/", headers={"Upload-Length": str(size), "Upload-Metadata": pairs} | headers)

    def copy(self, room: Room, source: str) -> httpx.Response:
        """Copy a file of a message, whose id is `source`."""
        return self.http.post("/uploads/", headers={"Upload-Metadata": _metadata(room=str(room.pk), copy=source)})

    def begin(self, room: Room, size: int, name: str = "notes.bin") -> str:
        """Create an upload and return its URL."""
        response = self.create(room, size, name)
        assert response.status_code == 201, response.text
        return response.headers["location"]

    def append(self, url: str, offset: int, content: Any, **headers: str) -> httpx.Response:
        headers = {"Upload-Offset": str(offset), "Content-Type": BYTES} | headers
        return self.http.patch(url, content=content, headers=headers)

    def offset(self, url: str) -> int:
        response = self.http.head(url)
        assert response.status_code == 200, response.status_code
        return int(response.headers["upload-offset"])

    def upload(self, room: Room, content: bytes, name: str = "notes.bin") -> str:
        """Upload a whole file and return the attachment's id."""
        url = self.begin(room, len(content), name)
        for start in range(0, len(content), PART_BYTES):
            response = self.append(url, start, content[start : start + PART_BYTES])
            assert response.status_code == 204, response.text
        return url.strip("/").rpartition("/")[2]

    def get(self, url: str, **headers: str) -> httpx.Response:
        return self.http.get(url, headers=headers)


def _metadata(**values: str) -> str:
    return ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in values.items())
