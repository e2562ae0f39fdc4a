"""Files come in whole, whatever becomes of the line, and nobody gets in the way of another."""

import fcntl
import os
import socket

import pytest
from django.db import OperationalError

from messaging.attachments import limits
from messaging.models import Attachment
from messaging.web import tus
from tests.factories import make_room, make_user
from tests.live_client import LiveClient
from tests.tus_client import BYTES, Sender
from tests.waiting import wait_until

CONTENT = os.urandom(3_000_000)


def test_a_file_is_sent_posted_and_fetched(site, room, ana, bo):
    sender, reader = Sender(site, ana), Sender(site, bo)
    file = sender.send(room, CONTENT, "notes.bin")
    with LiveClient(site, bo) as hears, LiveClient(site, ana) as writes:
        writes.post(room.pk, "", attachments=[file])
        (shown,) = hears.wait_for("message.posted")["message"]["attachments"]
    assert (shown["id"], shown["name"], shown["size"]) == (file, "notes.bin", len(CONTENT))
    answer = reader.get(shown["url"])
    assert answer.content == CONTENT
    assert answer.headers["content-disposition"] == 'attachment; filename="notes.bin"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "private, no-cache"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert "x-accel-redirect" not in answer.headers


def test_what_came_before_the_line_broke_off_is_kept(uvicorn, room, ana):
    sender = Sender(uvicorn, ana)
    address = sender.begin(room, len(CONTENT))
    with socket.create_connection(("127.0.0.1", uvicorn.port)) as line:
        head = f"PATCH {address} HTTP/1.1\r\nHost: 127.0.0.1:{uvicorn.port}\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\n"
        cookie = f"Cookie: sessionid={sender.http.cookies['sessionid']}\r\n"
        line.sendall(f"{head}{cookie}Content-Type: {BYTES}\r\nContent-Length: {len(CONTENT)}\r\n\r\n".encode())
        line.sendall(CONTENT[:1_000_000])
    part = uvicorn.data_dir / address.strip("/")
    wait_until(lambda: part.stat().st_size == 1_000_000, "what came before")
    assert sender.offset(address) == 1_000_000
    assert sender.append(address, 1_000_000, CONTENT[1_000_000:]).headers["upload-offset"] == str(len(CONTENT))
    assert sender.get(f"/attachments/{address[9:]}").content == CONTENT


def test_a_newer_line_takes_over_from_one_that_hangs(uvicorn, room, ana):
    sender = Sender(uvicorn, ana)
    address = sender.begin(room, len(CONTENT))

    def hanging():
        yield CONTENT[:500_000]
        assert Sender(uvicorn, ana).offset(address) <= 500_000
        yield CONTENT[500_000:]

    assert sender.append(address, 0, hanging()).status_code == 423
    offset = sender.offset(address)
    assert sender.append(address, offset, CONTENT[offset:]).status_code == 204
    assert sender.get(f"/attachments/{address[9:]}").content == CONTENT


def test_while_another_process_writes_to_it_it_can_only_be_cancelled(uvicorn, room, ana):
    sender = Sender(uvicorn, ana)
    address = sender.begin(room, 3)
    with (uvicorn.data_dir / address.strip("/")).open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        refused = sender.append(address, 0, b"abc")
        assert (refused.status_code, refused.headers["retry-after"]) == (423, "1")
        assert sender.http.delete(address).status_code == 204
    assert sender.append(address, 0, b"abc").status_code == 404


@pytest.mark.parametrize("offset", [1, 2_999_999, 3_000_001])
def test_a_piece_for_another_place_is_refused_and_changes_nothing(uvicorn, room, ana, offset):
    sender = Sender(uvicorn, ana)
    address = sender.begin(room, len(CONTENT))
    assert sender.append(address, offset, b"x" if offset < len(CONTENT) else b"").status_code == 409
    assert sender.offset(address) == 0


def test_a_piece_that_comes_twice_is_taken_once(uvicorn, room, ana):
    sender = Sender(uvicorn, ana)
    address = sender.begin(room, 6)
    assert sender.append(address, 0, b"abc").status_code == 204
    assert sender.append(address, 0, b"abc").status_code == 409
    assert sender.append(address, 3, b"def").status_code == 204
    assert sender.append(address, 6, b"").status_code == 204  # the answer to the last piece was lost
    assert sender.get(f"/attachments/{address[9:]}").content == b"abcdef"


def test_more_than_was_announced_is_not_taken(uvicorn, room, ana):
    sender = Sender(uvicorn, ana)
    address = sender.begin(room, 3)
    assert sender.append(address, 0, b"abcdef").status_code == 400
    assert sender.offset(address) == 0
    assert sender.append(address, 0, iter([b"abc", b"def"])).status_code == 204  # of no announced length
    assert sender.get(f"/attachments/{address[9:]}").content == b"abc"


def test_an_empty_file_is_complete_at_once(uvicorn, room, ana):
    sender = Sender(uvicorn, ana)
    file = sender.send(room, b"", "empty.txt")
    assert sender.get(f"/attachments/{file}/facts/").json()["size"] == 0
    assert sender.get(f"/attachments/{file}/").content == b""


def test_somebody_elses_upload_is_not_there(uvicorn, room, ana, bo):
    address = Sender(uvicorn, ana).begin(room, 3)
    other, visitor = Sender(uvicorn, bo), Sender(uvicorn)
    for answer in (other.http.head(address), other.append(address, 0, b"abc"), other.http.delete(address)):
        assert answer.status_code == 404
    assert other.append(address, 0, b"abc").json() == other.append(address[:-5] + "0000/", 0, b"abc").json()
    for answer in (visitor.http.head(address), visitor.append(address, 0, b"abc"), visitor.create(room, 3)):
        assert answer.status_code == 401
    assert Sender(uvicorn, ana).offset(address) == 0


def test_a_cancelled_upload_leaves_nothing(uvicorn, room, ana):
    sender = Sender(uvicorn, ana)
    address = sender.begin(room, 6)
    sender.append(address, 0, b"abc")
    assert sender.http.delete(address).status_code == 204
    assert sender.http.head(address).status_code == 404
    assert not Attachment.objects.exists()
    assert not (uvicorn.data_dir / address.strip("/")).exists()


@pytest.mark.parametrize(
    ("headers", "status", "says"),
    [
        ({"Tus-Resumable": "0.2.0"}, 412, "version"),
        ({"Upload-Length": "-1"}, 400, "Upload-Length"),
        ({"Upload-Length": "a lot"}, 400, "Upload-Length"),
        ({"Upload-Length": "1" * 5000}, 400, "Upload-Length"),
        ({"Upload-Length": "100000001"}, 413, "100 MB"),
        ({"Upload-Metadata": "filename bm90ZXM="}, 400, "room"),
        ({"Upload-Metadata": "filename !!!,room MQ=="}, 400, "filename"),
        ({"Upload-Metadata": "room ////"}, 400, "room"),
    ],
)
def test_a_wrong_beginning_is_refused_in_words(uvicorn, room, ana, headers, status, says):
    answer = Sender(uvicorn, ana).create(room, 3, **headers)
    assert answer.status_code == status
    assert says in answer.json()["detail"]
    assert not Attachment.objects.exists()


def test_a_page_of_another_site_gets_nowhere(uvicorn, room, ana):
    """Its scripts may send no header of their own without our leave, which an OPTIONS would have to give."""
    sender = Sender(uvicorn, ana)
    del sender.http.headers["Tus-Resumable"]
    assert sender.create(room, 3).status_code == 412
    answer = sender.http.options("/uploads/", headers={"Origin": "https://evil.example"})
    assert answer.status_code == 204
    assert "access-control-allow-origin" not in answer.headers


def test_who_may_not_write_may_not_send(uvicorn, room, ana):
    former, stranger = make_user("former"), make_user("stranger")
    private = make_room("Hidden", kind="private", owner=make_user("chief"))
    assert Sender(uvicorn, stranger).create(room, 3).status_code == 404
    hidden, absent = (Sender(uvicorn, former).create(target, 3) for target in (private, 10**9))
    assert (hidden.status_code, hidden.json()) == (absent.status_code, absent.json())
    type(room).objects.filter(pk=room.pk).update(is_read_only=True)
    assert Sender(uvicorn, ana).create(room, 3).status_code == 403


BEGUN = "5b0c5c14-7c91-4d3a-9f0e-0c1d2e3f4a5b/"


@pytest.mark.parametrize(
    ("path", "is_full", "status"),
    [("", True, 507), ("", False, 503), (BEGUN, True, 503), (BEGUN, False, 503)],
)
async def test_a_database_that_cannot_write_says_whether_the_disk_is_full(monkeypatch, path, is_full, status):
    """Of a file that has begun what came is kept, so its sender comes again."""

    async def fails(scope):
        raise OperationalError("database or disk is full")

    async def send(event):
        said.append(event)

    said: list = []
    monkeypatch.setattr(tus, "_authenticate", fails)
    monkeypatch.setattr(limits, "is_disk_full", lambda size: is_full)
    method, headers = "PATCH" if path else "POST", [(b"tus-resumable", b"1.0.0")]
    await tus.TusMiddleware(None)({"path": f"/uploads/{path}", "method": method, "headers": headers}, None, send)
    assert said[0]["status"] == status
    assert ("disk_full" in said[1]["body"].decode()) == (status == 507)
