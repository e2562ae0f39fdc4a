"""File responses: ranges, slow clients, download limits and permission lost during a download."""

import asyncio
import os
import socket
import time
from contextlib import ExitStack

import pytest

from chatsite.http import file_response
from rooms.actions import remove_member
from tests.factories import make_member, make_room, make_user
from tests.live_client import LiveClient, session_of
from tests.server import Site
from tests.tus_client import TusClient
from tests.waiting import wait_until

pytestmark = pytest.mark.slow

CONTENT = os.urandom(700_001)


@pytest.fixture
def room(transactional_db):
    return make_room("Workshop", owner=make_user("owner"))


@pytest.fixture
def sender(uvicorn, room):
    return TusClient(uvicorn, make_member(room, make_user("ana")))


@pytest.fixture
def address(sender, room):
    return f"/attachments/{sender.upload(room, CONTENT)}/"


@pytest.mark.parametrize(
    ("requested_range", "start", "end"),
    [
        ("bytes=0-99", 0, 100),
        ("bytes=100-", 100, 700_001),
        ("bytes=-1", 700_000, 700_001),
        ("bytes=-800000", 0, 700_001),
        ("bytes=300000-900000", 300_000, 700_001),
        ("bytes=700000-700000", 700_000, 700_001),
    ],
)
def test_a_range_of_a_file(sender, address, requested_range, start, end):
    response = sender.get(address, Range=requested_range)
    assert response.status_code == 206
    assert response.headers["content-range"] == f"bytes {start}-{end - 1}/{len(CONTENT)}"
    assert response.content == CONTENT[start:end]


@pytest.mark.parametrize("requested_range", ["bytes=700001-", "bytes=5-4", "bytes=-0"])
def test_a_range_outside_the_file(sender, address, requested_range):
    response = sender.get(address, Range=requested_range)
    assert response.status_code == 416
    assert response.headers["content-range"] == f"bytes */{len(CONTENT)}"
    assert response.content == b""


@pytest.mark.parametrize(
    "requested_range", ["bytes=0-1,5-6", "lines=0-1", "bytes=-", "bytes=a-b", "bytes=" + "9" * 40 + "-"]
)
def test_an_unsupported_range_gets_the_whole_file(sender, address, requested_range):
    response = sender.get(address, Range=requested_range)
    assert (response.status_code, response.content) == (200, CONTENT)


def test_a_range_of_an_older_file_gets_the_whole_newer_one(sender, address):
    etag = sender.get(address).headers["etag"]
    assert sender.get(address, Range="bytes=0-9", **{"If-Range": etag}).status_code == 206
    assert sender.get(address, Range="bytes=0-9", **{"If-Range": '"older"'}).status_code == 200


def test_a_head_request_gets_no_body(sender, address):
    response = sender.http.head(address)
    assert response.headers["content-length"] == str(len(CONTENT))
    assert response.headers["accept-ranges"] == "bytes"
    assert response.content == b""


def test_a_file_missing_on_disk_is_not_found(uvicorn, sender, address):
    for path in (uvicorn.data_dir / "media/attachments").rglob("*"):
        if path.is_file() and path.stat().st_size == len(CONTENT):
            path.unlink()
    assert sender.get(address).status_code == 404


def test_a_hundred_slow_downloads_delay_neither_pages_nor_posts(uvicorn, sender, room, address):
    file = address.strip("/").rpartition("/")[2]
    with LiveClient(uvicorn, sender.user) as client:
        client.post(room.pk, "", attachments=[file])
    with ExitStack() as lines:
        for _ in range(5):
            cookie = session_of(make_member(room))
            for _ in range(file_response.MAX_DOWNLOADS):
                assert slow_download(lines, uvicorn, address, cookie).startswith(b"HTTP/1.1 200 OK")
        assert sender.get(f"/rooms/{room.pk}/").status_code == 200
        assert sender.get(address).content == CONTENT
        with LiveClient(uvicorn, make_member(room)) as client:
            client.post(room.pk, "Still here")


def test_downloads_per_user_are_limited(uvicorn, sender, room):
    """Across sessions; small files are not counted."""
    address = f"/attachments/{sender.upload(room, bytes(6_000_000))}/"  # more than all buffers hold
    small = f"/attachments/{sender.upload(room, b'small')}/"
    with ExitStack() as lines:
        for _ in range(file_response.MAX_DOWNLOADS):
            slow_download(lines, uvicorn, address, session_of(sender.user))
        response = sender.get(address)
        assert (response.status_code, response.headers["retry-after"]) == (429, "10")
        assert "Too many downloads at once." in response.text
        assert sender.get(address, Range="bytes=5-").status_code == 429
        assert sender.http.head(address).status_code == 200
        response = sender.get(small)
        assert (response.status_code, response.content) == (200, b"small")
        assert not {"x-reader", "x-attachment"} & set(response.headers)
    wait_until(lambda: sender.get(address).status_code == 200, "a download once the others have ended")


def slow_download(lines: ExitStack, site: Site, address: str, session: str) -> bytes:
    """Start a download that is barely read, and return its first bytes."""
    line = lines.enter_context(socket.socket())
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.connect(("127.0.0.1", site.port))
    headers = f"Host: 127.0.0.1:{site.port}\r\nCookie: sessionid={session}\r\n"
    line.sendall(f"GET {address} HTTP/1.1\r\n{headers}\r\n".encode())
    return line.recv(15)


def test_a_full_disk_is_reported_and_nothing_is_left(uvicorn, sender, room):
    upload = sender.begin(room, 1_000_000)
    part = uvicorn.data_dir / upload.strip("/")
    part.unlink()
    part.symlink_to("/dev/full")  # a device that is always full
    response = sender.append(upload, 0, CONTENT)
    assert response.status_code == 507
    assert response.json()["code"] == "disk_full"
    assert not part.is_symlink()
    assert sender.http.head(upload).status_code == 404
    with LiveClient(uvicorn, make_member(room)) as client:
        client.post(room.pk, "The talk goes on")


async def test_a_download_ends_once_its_permission_is_revoked(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    (tmp_path / "file").write_bytes(CONTENT)
    revoked = asyncio.get_running_loop().create_future()
    sent: list[dict] = []

    async def send(event: dict) -> None:
        sent.append(event)
        if event.get("body"):
            revoked.set_result(None)
            await asyncio.Future()  # the client reads nothing more

    scope = {"method": "GET", "headers": []}
    await file_response.send_file("file", scope, asyncio.Future, send, [], revoked)
    assert [event["type"] for event in sent] == ["http.response.start", "http.response.body"]
    assert 0 < len(sent[1]["body"]) < len(CONTENT)


@pytest.mark.parametrize("requested_range", ["", "Range: bytes=1000-\r\n"])
def test_a_download_stops_soon_after_its_user_was_removed(uvicorn, transactional_db, requested_range):
    room = make_room("Vault", owner=make_user("owner"), kind="private")
    ana, bo = make_member(room), make_member(room)
    content = os.urandom(20_000_000)
    file = TusClient(uvicorn, ana).upload(room, content)
    with LiveClient(uvicorn, ana) as writer:
        writer.post(room.pk, "", attachments=[file])
    headers = f"Host: 127.0.0.1:{uvicorn.port}\r\nCookie: sessionid={session_of(bo)}\r\n{requested_range}Connection: close\r\n"
    with socket.create_connection(("127.0.0.1", uvicorn.port), timeout=30) as line:
        line.sendall(f"GET /attachments/{file}/ HTTP/1.1\r\n{headers}\r\n".encode())
        got = line.recv(15)
        assert got.startswith(b"HTTP/1.1 20")
        logged = len(uvicorn.log)
        remove_member(actor=None, room=room, user=bo)
        # The server checks access every few seconds of its own process's clock, which no test can move, so six seconds
        # must pass. Reading throughout keeps the connection from being closed as stalled.
        for _ in range(60):
            time.sleep(0.1)
            got += line.recv(4096)
        while piece := line.recv(1 << 20):
            got += piece
    assert len(got) < 15_000_000
    assert "without completing response" not in uvicorn.log[logged:]
