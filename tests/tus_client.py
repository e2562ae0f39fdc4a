"""A plain tus client, as somebody else would write it from the specification."""

import base64
from typing import Any

import httpx

from accounts.models import User
from rooms.models import Room
from tests.live_client import session_of
from tests.server import Site

PIECE = 4_000_000
BYTES = "application/offset+octet-stream"


class Sender:
    """Somebody at the site who sends files and asks for them. Without a user: a visitor."""

    def __init__(self, site: Site, user: User | None = None) -> None:
        self.user = user
        cookies = {"sessionid": session_of(user)} if user is not None else {}
        headers = {"Tus-Resumable": "1.0.0"}
        self.http = httpx.Client(base_url=site.url, cookies=cookies, headers=headers, timeout=60)

    def create(self, room: Room | int, size: int, name: str = "notes.bin", **headers: str) -> httpx.Response:
        told = {"filename": name, "room": str(room if isinstance(room, int) else room.pk)}
        pairs = ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in told.items())
        return self.http.post("/uploads/", headers={"Upload-Length": str(size), "Upload-Metadata": pairs} | headers)

    def begin(self, room: Room, size: int, name: str = "notes.bin") -> str:
        answer = self.create(room, size, name)
        assert answer.status_code == 201, answer.text
        return answer.headers["location"]

    def append(self, address: str, offset: int, content: Any, **headers: str) -> httpx.Response:
        told = {"Upload-Offset": str(offset), "Content-Type": BYTES}
        return self.http.patch(address, content=content, headers=told | headers)

    def offset(self, address: str) -> int:
        answer = self.http.head(address)
        assert answer.status_code == 200, answer.status_code
        return int(answer.headers["upload-offset"])

    def send(self, room: Room, content: bytes, name: str = "notes.bin") -> str:
        """Send a whole file; return the id to post it by."""
        address = self.begin(room, len(content), name)
        for start in range(0, len(content), PIECE):
            answer = self.append(address, start, content[start : start + PIECE])
            assert answer.status_code == 204, answer.text
        return address.strip("/").rpartition("/")[2]

    def get(self, address: str, **headers: str) -> httpx.Response:
        return self.http.get(address, headers=headers)
