"""Files leave from the event loop: whole, in part, slowly, and never what a view did not name."""

import os
import socket
from contextlib import ExitStack

import pytest

from tests.factories import make_member, make_room, make_user
from tests.live_client import LiveClient
from tests.sender import Sender

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


def test_a_hundred_slow_readers_stop_neither_pages_nor_posts(uvicorn, sender, room, address):
    cookie = f"Cookie: sessionid={sender.http.cookies['sessionid']}\r\n"
    ask = f"GET {address} HTTP/1.1\r\nHost: 127.0.0.1:{uvicorn.port}\r\n{cookie}\r\n".encode()
    with ExitStack() as lines:
        for _ in range(100):
            line = lines.enter_context(socket.socket())
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            line.connect(("127.0.0.1", uvicorn.port))
            line.sendall(ask)
            assert line.recv(15) == b"HTTP/1.1 200 OK"
        assert sender.get(f"/rooms/{room.pk}/").status_code == 200
        assert sender.get(address).content == CONTENT
        with LiveClient(uvicorn, make_member(room)) as client:
            client.post(room.pk, "Still here")


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
