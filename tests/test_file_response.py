"""Files leave from the event loop: whole, in part, slowly, and never what a view did not name."""

import asyncio
import os
import socket
import time
from contextlib import ExitStack
from io import BytesIO

import pytest

from chatsite.http import file_response
from chatsite.http.wsgi_bridge import Pages
from rooms.actions import remove_member
from tests.factories import make_member, make_room, make_user
from tests.live_client import LiveClient, session_of
from tests.server import Site
from tests.tus_client import Sender
from tests.waiting import until, wait_until

CONTENT = os.urandom(700_001)


@pytest.fixture
def room(transactional_db):
    return make_room("Workshop", owner=make_user("owner"))


@pytest.fixture
def sender(uvicorn, room):
    return Sender(uvicorn, make_member(room, make_user("ana")))


@pytest.fixture
def address(sender, room):
    return f"/attachments/{sender.send(room, CONTENT)}/"


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-99", 0, 100),
        ("bytes=100-", 100, 700_001),
        ("bytes=-1", 700_000, 700_001),
        ("bytes=-800000", 0, 700_001),
        ("bytes=300000-900000", 300_000, 700_001),
        ("bytes=700000-700000", 700_000, 700_001),
    ],
)
def test_a_part_of_a_file(sender, address, asked, start, end):
    answer = sender.get(address, Range=asked)
    assert answer.status_code == 206
    assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/{len(CONTENT)}"
    assert answer.content == CONTENT[start:end]


@pytest.mark.parametrize("asked", ["bytes=700001-", "bytes=5-4", "bytes=-0"])
def test_a_part_that_is_not_there(sender, address, asked):
    answer = sender.get(address, Range=asked)
    assert answer.status_code == 416
    assert answer.headers["content-range"] == f"bytes */{len(CONTENT)}"
    assert answer.content == b""


@pytest.mark.parametrize("asked", ["bytes=0-1,5-6", "lines=0-1", "bytes=-", "bytes=a-b", "bytes=" + "9" * 40 + "-"])
def test_what_is_no_range_of_ours_gets_the_whole(sender, address, asked):
    answer = sender.get(address, Range=asked)
    assert (answer.status_code, answer.content) == (200, CONTENT)


def test_a_part_of_an_older_file_is_the_whole_of_the_newer(sender, address):
    etag = sender.get(address).headers["etag"]
    assert sender.get(address, Range="bytes=0-9", **{"If-Range": etag}).status_code == 206
    assert sender.get(address, Range="bytes=0-9", **{"If-Range": '"older"'}).status_code == 200


def test_asking_for_the_head_brings_no_body(sender, address):
    answer = sender.http.head(address)
    assert answer.headers["content-length"] == str(len(CONTENT))
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.content == b""


def test_a_file_that_the_disk_lost_is_not_found(uvicorn, sender, address):
    for path in (uvicorn.data_dir / "media/attachments").rglob("*"):
        if path.is_file() and path.stat().st_size == len(CONTENT):
            path.unlink()
    assert sender.get(address).status_code == 404


def test_a_hundred_slow_downloads_stop_neither_pages_nor_posts(uvicorn, sender, room, address):
    file = address.strip("/").rpartition("/")[2]
    with LiveClient(uvicorn, sender.user) as client:
        client.post(room.pk, "", attachments=[file])
    with ExitStack() as lines:
        for _ in range(5):
            cookie = session_of(make_member(room))
            for _ in range(file_response.AT_ONCE):
                assert slow_download(lines, uvicorn, address, cookie).startswith(b"HTTP/1.1 200 OK")
        assert sender.get(f"/rooms/{room.pk}/").status_code == 200
        assert sender.get(address).content == CONTENT
        with LiveClient(uvicorn, make_member(room)) as client:
            client.post(room.pk, "Still here")


def test_one_person_has_so_many_downloads_at_once(uvicorn, sender, room):
    """In however many browsers; small files are not counted."""
    address = f"/attachments/{sender.send(room, bytes(6_000_000))}/"  # more than fits between server and reader
    small = f"/attachments/{sender.send(room, b'small')}/"
    with ExitStack() as lines:
        for _ in range(file_response.AT_ONCE):
            slow_download(lines, uvicorn, address, session_of(sender.user))
        answer = sender.get(address)
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "10")
        assert "Too many downloads at once." in answer.text
        assert sender.get(address, Range="bytes=5-").status_code == 429
        assert sender.http.head(address).status_code == 200
        answer = sender.get(small)
        assert (answer.status_code, answer.content) == (200, b"small")
        assert "x-reader" not in answer.headers
    wait_until(lambda: sender.get(address).status_code == 200, "a download after the others ended")


def slow_download(lines: ExitStack, site: Site, address: str, session: str) -> bytes:
    """Begin one that is hardly read. Returns what came first."""
    line = lines.enter_context(socket.socket())
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.connect(("127.0.0.1", site.port))
    told = f"Host: 127.0.0.1:{site.port}\r\nCookie: sessionid={session}\r\n"
    line.sendall(f"GET {address} HTTP/1.1\r\n{told}\r\n".encode())
    return line.recv(15)


def test_a_full_disk_is_said_and_leaves_nothing(uvicorn, sender, room):
    upload = sender.begin(room, 1_000_000)
    part = uvicorn.data_dir / upload.strip("/")
    part.unlink()
    part.symlink_to("/dev/full")  # a device that has no room, ever
    answer = sender.append(upload, 0, CONTENT)
    assert answer.status_code == 507
    assert answer.json()["code"] == "disk_full"
    assert not part.is_symlink()
    assert sender.http.head(upload).status_code == 404
    with LiveClient(uvicorn, make_member(room)) as client:
        client.post(room.pk, "The talk goes on")


class Views:
    """Leads to the file once, and then answers as it is told."""

    def __init__(self, stored: str, *then: str) -> None:
        self.answers = ["200 OK", *then]
        self.stored = stored
        self.asked: list[str] = []

    def __call__(self, environ, start_response):
        self.asked.append(environ["REQUEST_METHOD"])
        status = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        leads = [("X-Accel-Redirect", f"/internal/media/{self.stored}")] if status == "200 OK" else []
        start_response(status, leads)
        return BytesIO()


class Reader:
    """Takes the first piece of a file, and another only after the views were asked so many times."""

    def __init__(self, views: Views, times: int) -> None:
        self.views, self.times = views, times
        self.content = b""
        self.is_whole = False

    async def receive(self):
        if not self.views.asked:
            return {"type": "http.request"}
        return await asyncio.Future()

    async def send(self, event):
        self.content += event.get("body", b"")
        self.is_whole = event["type"] == "http.response.body" and not event.get("more_body")
        if self.content:
            await until(lambda: len(self.views.asked) >= self.times, "the questions")


async def read_slowly(settings, tmp_path, monkeypatch, *then: str, times: int) -> Reader:
    settings.MEDIA_ROOT = tmp_path
    (tmp_path / "file").write_bytes(CONTENT)
    monkeypatch.setattr(file_response, "ASK_EVERY", 0.01)
    views = Views("file", *then)
    reader = Reader(views, times)
    scope = {"method": "GET", "path": "/", "query_string": b"", "http_version": "1.1", "scheme": "http", "headers": []}
    await Pages(views, threads=1)(scope, reader.receive, reader.send)
    return reader


@pytest.mark.parametrize("then", ["404 Not Found", "302 Found"])
async def test_who_may_not_have_a_file_any_more_gets_no_more_of_it(settings, tmp_path, monkeypatch, then):
    reader = await read_slowly(settings, tmp_path, monkeypatch, "200 OK", then, times=99)
    assert 0 < len(reader.content) < len(CONTENT)
    assert not reader.is_whole
    assert reader.views.asked == ["GET", "HEAD", "HEAD"]


async def test_who_still_may_gets_it_whole_also_where_the_database_is_away_for_a_while(settings, tmp_path, monkeypatch):
    reader = await read_slowly(settings, tmp_path, monkeypatch, "200 OK", "503 Away", "200 OK", times=5)
    assert reader.content == CONTENT
    assert reader.is_whole


@pytest.mark.parametrize("asked", ["", "Range: bytes=1000-\r\n"])
def test_a_download_ends_soon_after_its_reader_was_removed(uvicorn, transactional_db, asked):
    room = make_room("Vault", owner=make_user("owner"), kind="private")
    ana, bo = make_member(room), make_member(room)
    content = os.urandom(20_000_000)
    file = Sender(uvicorn, ana).send(room, content)
    with LiveClient(uvicorn, ana) as writer:
        writer.post(room.pk, "", attachments=[file])
    told = f"Host: 127.0.0.1:{uvicorn.port}\r\nCookie: sessionid={session_of(bo)}\r\n{asked}Connection: close\r\n"
    with socket.create_connection(("127.0.0.1", uvicorn.port), timeout=30) as line:
        line.sendall(f"GET /attachments/{file}/ HTTP/1.1\r\n{told}\r\n".encode())
        got = line.recv(15)
        assert got.startswith(b"HTTP/1.1 20")
        remove_member(actor=None, room=room, user=bo)
        # A reader that takes longer than the server lets pass between two questions, by its own clock in another process;
        # and one that takes a little all the time: what is in the buffers leaves before a line is closed.
        for _ in range(60):
            time.sleep(0.1)
            got += line.recv(4096)
        while piece := line.recv(1 << 20):
            got += piece
    assert len(got) < 15_000_000
