"""The tus protocol: resuming, concurrent connections, limits and refusals."""

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
from tests.tus_client import BYTES, TusClient
from tests.waiting import wait_until

CONTENT = os.urandom(3_000_000)


def test_file_is_uploaded_posted_and_downloaded(site, room, ana, bo):
    client, reader = TusClient(site, ana), TusClient(site, bo)
    file = client.upload(room, CONTENT, "notes.bin")
    with LiveClient(site, bo) as receiver, LiveClient(site, ana) as poster:
        poster.post(room.pk, "", attachments=[file])
        (attachment,) = receiver.wait_for("message.posted")["message"]["attachments"]
    assert (attachment["id"], attachment["name"], attachment["size"]) == (file, "notes.bin", len(CONTENT))
    response = reader.get(attachment["url"])
    assert response.content == CONTENT
    assert response.headers["content-disposition"] == 'attachment; filename="notes.bin"'
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["cache-control"] == "private, no-cache"
    assert "sandbox" in response.headers["content-security-policy"]
    assert "x-accel-redirect" not in response.headers


def test_upload_resumes_after_a_lost_connection(uvicorn, room, ana):
    client = TusClient(uvicorn, ana)
    url = client.begin(room, len(CONTENT))
    with socket.create_connection(("127.0.0.1", uvicorn.port)) as connection:
        head = f"PATCH {url} HTTP/1.1\r\nHost: 127.0.0.1:{uvicorn.port}\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\n"
        cookie = f"Cookie: sessionid={client.http.cookies['sessionid']}\r\n"
        connection.sendall(f"{head}{cookie}Content-Type: {BYTES}\r\nContent-Length: {len(CONTENT)}\r\n\r\n".encode())
        connection.sendall(CONTENT[:1_000_000])
    part = uvicorn.data_dir / url.strip("/")
    wait_until(lambda: part.stat().st_size == 1_000_000, "the first part is stored")
    assert client.offset(url) == 1_000_000
    assert client.append(url, 1_000_000, CONTENT[1_000_000:]).headers["upload-offset"] == str(len(CONTENT))
    assert client.get(f"/attachments/{url[9:]}").content == CONTENT


def test_newer_connection_replaces_a_hanging_one(uvicorn, room, ana):
    client = TusClient(uvicorn, ana)
    url = client.begin(room, len(CONTENT))

    def hanging_body():
        yield CONTENT[:500_000]
        assert TusClient(uvicorn, ana).offset(url) <= 500_000
        yield CONTENT[500_000:]

    assert client.append(url, 0, hanging_body()).status_code == 423
    offset = client.offset(url)
    assert client.append(url, offset, CONTENT[offset:]).status_code == 204
    assert client.get(f"/attachments/{url[9:]}").content == CONTENT


def test_upload_locked_by_another_process_can_only_be_cancelled(uvicorn, room, ana):
    client = TusClient(uvicorn, ana)
    url = client.begin(room, 3)
    with (uvicorn.data_dir / url.strip("/")).open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        refused = client.append(url, 0, b"abc")
        assert (refused.status_code, refused.headers["retry-after"]) == (423, "1")
        assert client.http.delete(url).status_code == 204
    assert client.append(url, 0, b"abc").status_code == 404


@pytest.mark.parametrize("offset", [1, 2_999_999, 3_000_001])
def test_wrong_offset_is_refused_and_changes_nothing(uvicorn, room, ana, offset):
    client = TusClient(uvicorn, ana)
    url = client.begin(room, len(CONTENT))
    assert client.append(url, offset, b"x" if offset < len(CONTENT) else b"").status_code == 409
    assert client.offset(url) == 0


def test_repeated_part_is_stored_once(uvicorn, room, ana):
    client = TusClient(uvicorn, ana)
    url = client.begin(room, 6)
    assert client.append(url, 0, b"abc").status_code == 204
    assert client.append(url, 0, b"abc").status_code == 409
    assert client.append(url, 3, b"def").status_code == 204
    assert client.append(url, 6, b"").status_code == 204  # the response to the last part was lost
    assert client.get(f"/attachments/{url[9:]}").content == b"abcdef"


def test_bytes_beyond_the_declared_size_are_not_stored(uvicorn, room, ana):
    client = TusClient(uvicorn, ana)
    url = client.begin(room, 3)
    assert client.append(url, 0, b"abcdef").status_code == 400
    assert client.offset(url) == 0
    assert client.append(url, 0, iter([b"abc", b"def"])).status_code == 204  # without a Content-Length
    assert client.get(f"/attachments/{url[9:]}").content == b"abc"


def test_empty_file_is_complete_at_once(uvicorn, room, ana):
    client = TusClient(uvicorn, ana)
    file = client.upload(room, b"", "empty.txt")
    assert client.get(f"/attachments/{file}/facts/").json()["size"] == 0
    assert client.get(f"/attachments/{file}/").content == b""


def test_foreign_upload_is_not_found(uvicorn, room, ana, bo):
    url = TusClient(uvicorn, ana).begin(room, 3)
    other, visitor = TusClient(uvicorn, bo), TusClient(uvicorn)
    for response in (other.http.head(url), other.append(url, 0, b"abc"), other.http.delete(url)):
        assert response.status_code == 404
    assert other.append(url, 0, b"abc").json() == other.append(url[:-5] + "0000/", 0, b"abc").json()
    for response in (visitor.http.head(url), visitor.append(url, 0, b"abc"), visitor.create(room, 3)):
        assert response.status_code == 401
    assert TusClient(uvicorn, ana).offset(url) == 0


def test_cancelled_upload_leaves_nothing(uvicorn, room, ana):
    client = TusClient(uvicorn, ana)
    url = client.begin(room, 6)
    client.append(url, 0, b"abc")
    assert client.http.delete(url).status_code == 204
    assert client.http.head(url).status_code == 404
    assert not Attachment.objects.exists()
    assert not (uvicorn.data_dir / url.strip("/")).exists()


@pytest.mark.parametrize(
    ("headers", "status", "detail"),
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
def test_invalid_creation_is_refused_with_a_reason(uvicorn, room, ana, headers, status, detail):
    response = TusClient(uvicorn, ana).create(room, 3, **headers)
    assert response.status_code == status
    assert detail in response.json()["detail"]
    assert not Attachment.objects.exists()


def test_requests_from_other_sites_are_refused(uvicorn, room, ana):
    """Scripts on other sites can't send a Tus-Resumable header without CORS, which OPTIONS doesn't allow."""
    client = TusClient(uvicorn, ana)
    del client.http.headers["Tus-Resumable"]
    assert client.create(room, 3).status_code == 412
    response = client.http.options("/uploads/", headers={"Origin": "https://evil.example"})
    assert response.status_code == 204
    assert "access-control-allow-origin" not in response.headers


def test_people_who_cannot_post_cannot_upload(uvicorn, room, ana):
    client, public = TusClient(uvicorn, make_user("stranger")), make_room(owner=make_user("chief"))
    assert client.create(public, 3).status_code == 404
    secret, absent = (client.create(target, 3) for target in (room, 10**9))
    assert (secret.status_code, secret.json()) == (absent.status_code, absent.json())
    type(room).objects.filter(pk=room.pk).update(is_read_only=True)
    assert TusClient(uvicorn, ana).create(room, 3).status_code == 403


STARTED = "5b0c5c14-7c91-4d3a-9f0e-0c1d2e3f4a5b/"


@pytest.mark.parametrize(
    ("path", "is_full", "status"),
    [("", True, 507), ("", False, 503), (STARTED, True, 503), (STARTED, False, 503)],
)
async def test_database_error_tells_whether_the_disk_is_full(monkeypatch, path, is_full, status):
    """Only new uploads are refused permanently. Started uploads keep their data and are retried."""

    async def fail(scope):
        raise OperationalError("database or disk is full")

    async def send(event):
        sent.append(event)

    sent: list = []
    monkeypatch.setattr(tus, "_authenticate", fail)
    monkeypatch.setattr(limits, "is_disk_full", lambda size: is_full)
    method, headers = "PATCH" if path else "POST", [(b"tus-resumable", b"1.0.0")]
    await tus.TusMiddleware(None)({"path": f"/uploads/{path}", "method": method, "headers": headers}, None, send)
    assert sent[0]["status"] == status
    assert ("disk_full" in sent[1]["body"].decode()) == (status == 507)
