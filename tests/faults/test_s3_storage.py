"""Files in S3 storage (moto, in its own process). Runs here so that no other server sweeps the same database."""

import hashlib
import os
from io import BytesIO
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import connection
from PIL import Image

from accounts import actions as account_actions
from accounts.models import User
from chatsite.conf.storages import storage_from_url
from messaging.attachments import storage
from messaging.models import Attachment, DiscardedFile
from rooms.actions import delete_room
from tests.factories import make_attachment, make_member, make_room, make_user
from tests.live_client import LiveClient
from tests.server import run_site
from tests.tus_client import PART_BYTES, TusClient
from tests.waiting import wait_until

CONTENT = os.urandom(1_500_000)


@pytest.fixture(scope="module")
def s3_site(s3_store, django_db_setup, django_db_blocker, tmp_path_factory):
    with django_db_blocker.unblock():
        database = connection.settings_dict["NAME"]
    with run_site("uvicorn", database, tmp_path_factory.mktemp("s3"), MEDIA_URL=s3_store.media_url) as site:
        yield site


@pytest.fixture
def site(s3_site, s3_store, transactional_db, everyone, settings):
    settings.STORAGES = settings.STORAGES | {"default": storage_from_url(s3_store.media_url)}
    return s3_site


@pytest.fixture
def room(transactional_db):
    return make_room("Workshop", owner=make_user("owner"))


@pytest.fixture
def ana(room):
    return make_member(room, make_user("ana"))


def post_files(site, room, user: User, *contents: bytes) -> dict:
    files = [TusClient(site, user).upload(room, content) for content in contents]
    with LiveClient(site, user) as client:
        return client.post(room.pk, "", attachments=files)


def test_download_redirects_to_an_expiring_signed_url(site, room, ana):
    message = post_files(site, room, ana, CONTENT)
    response = TusClient(site, make_member(room)).get(message["attachments"][0]["url"])
    assert (response.status_code, response.headers["cache-control"]) == (302, "no-store")
    url = response.headers["location"]
    query = parse_qs(urlsplit(url).query)
    assert query["X-Amz-Signature"]
    assert int(query["X-Amz-Expires"][0]) <= 60
    found = httpx.get(url)  # without a session
    assert hashlib.sha256(found.content).digest() == hashlib.sha256(CONTENT).digest()
    assert found.headers["content-disposition"] == 'attachment; filename="notes.bin"'
    assert found.headers["content-type"] == "application/octet-stream"
    part = httpx.get(url, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, CONTENT[10:20])


def test_stranger_gets_no_signed_url(site, room, ana):
    message = post_files(site, room, ana, b"a secret")
    type(room).objects.filter(pk=room.pk).update(kind="private")
    response = TusClient(site, make_user("stranger")).get(message["attachments"][0]["url"], Accept="application/json")
    assert response.status_code == 404
    assert "location" not in response.headers


@pytest.mark.parametrize(
    ("fields", "suffix"), [({"type": "video/mp4"}, ""), ({"type": "text/plain", "renditions": "text"}, "text/")]
)
def test_previewed_file_is_served_by_the_server(site, room, ana, fields, suffix):
    """So the content security policy names no other origin, S3 needs no CORS rule, and removed members keep no URL."""
    attachment = make_attachment(room, ana, CONTENT, **fields)
    sender, url = TusClient(site, ana), f"/attachments/{attachment.pk}/{suffix}"
    whole = sender.get(url)
    assert (whole.status_code, whole.content) == (200, CONTENT)
    assert whole.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in whole.headers["content-security-policy"]
    part = sender.get(url, Range="bytes=700000-1299999")
    assert (part.status_code, part.content) == (206, CONTENT[700_000:1_300_000])
    assert sender.get(url, Range="bytes=-5").content == CONTENT[-5:]
    assert sender.get(url, Range="bytes=1500000-").status_code == 416
    assert sender.get(url, **{"If-None-Match": whole.headers["etag"]}).status_code == 304


def test_deleted_message_leaves_no_file_in_storage(site, s3_store, room, ana):
    before = s3_store.names()
    message = post_files(site, room, ana, CONTENT, b"second")
    assert len(s3_store.names() - before) == 3  # one is text and has a rendition
    with LiveClient(site, ana) as client:
        assert client.call("message.delete", message=message["id"])["type"] == "ok"
    wait_until(lambda: s3_store.names() == before, "storage is as before")
    assert not DiscardedFile.objects.exists()


def test_deleted_room_leaves_no_file_in_storage(site, s3_store, room, ana):
    before = s3_store.names()
    for _ in range(60):
        make_attachment(room, ana, CONTENT, renditions="thumbnail")
    assert len(s3_store.names() - before) == 120
    delete_room(actor=User.objects.get(username="owner"), room=room)
    wait_until(lambda: s3_store.names() == before, "storage is as before")


def photo() -> ContentFile:
    image = BytesIO()
    Image.new("RGB", (300, 300), "teal").save(image, "PNG")
    return ContentFile(image.getvalue(), "me.png")


def test_avatar_is_kept_in_storage(site, s3_store, room, ana):
    before = s3_store.names()
    for _ in range(2):
        ana.refresh_from_db()
        account_actions.update_profile(user=ana, display_name="", theme="", photo=photo())
    response = TusClient(site, ana).get(f"/people/{ana.pk}/avatar/")
    assert (response.status_code, response.headers["content-type"]) == (200, "image/webp")
    assert Image.open(BytesIO(response.content)).size == (256, 256)
    wait_until(lambda: s3_store.names() - before == {ana.avatar.name}, "the first photo is deleted")


def test_large_upload_is_not_buffered_in_memory(site, room, ana):
    """The first upload is not counted: it imports the S3 client."""
    post_files(site, room, ana, b"the first")
    sender, process = TusClient(site, ana), Path(f"/proc/{site.process.pid}")
    size = 100_000_000
    url = sender.begin(room, size)
    (process / "clear_refs").write_text("5")  # resets VmHWM, the peak memory
    before = peak_memory(process)
    chunk = os.urandom(PART_BYTES)
    for start in range(0, size, PART_BYTES):
        assert sender.append(url, start, chunk).status_code == 204
    assert peak_memory(process) - before <= 20_000_000
    response = sender.get(f"/attachments/{url[9:]}")
    assert int(httpx.head(response.headers["location"]).headers["content-length"]) == size


def peak_memory(process: Path) -> int:
    (line,) = (line for line in (process / "status").read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


def test_storage_outage_stops_no_posts_and_loses_no_file(site, s3_store, room, ana):
    message = post_files(site, room, ana, CONTENT)
    (attachment,) = Attachment.objects.all()
    video = make_attachment(room, ana, CONTENT, type="video/mp4")
    sender = TusClient(site, ana)
    url = sender.begin(room, len(CONTENT))
    s3_store.stop()
    try:
        response = sender.append(url, 0, CONTENT)
        assert (response.status_code, response.json()["code"]) == (503, "unavailable")
        assert "storage isn’t responding" in response.json()["detail"]
        with LiveClient(site, ana) as client:
            client.post(room.pk, "Still here")
            assert client.call("message.delete", message=message["id"])["type"] == "ok"
        response = sender.get(f"/attachments/{video.pk}/")
        assert (response.status_code, response.headers["retry-after"]) == (503, "60")
        assert DiscardedFile.objects.filter(name=attachment.key).exists()
        with pytest.raises(ValidationError, match="Couldn’t save your photo"):
            account_actions.update_profile(user=ana, display_name="", theme="", photo=photo())
    finally:
        s3_store.start()
    assert sender.offset(url) == len(CONTENT)  # the request stores it now
    assert TusClient(site, ana).get(f"/attachments/{url[9:]}").status_code == 302
    wait_until(lambda: not DiscardedFile.objects.exists(), "the sweeper has deleted the rest")


def test_missing_bucket_is_an_error_on_deletion(settings, s3_store):
    settings.STORAGES = settings.STORAGES | {
        "default": storage_from_url(s3_store.media_url.replace("@media", "@absent"))
    }
    with pytest.raises(OSError, match="NoSuchBucket"):
        storage.delete_files(["attachments/aa/aa"])


def test_the_store_copies_forwarded_files(site, s3_store, room, ana):
    others = s3_store.names()  # of earlier tests
    message = post_files(site, room, ana, CONTENT)
    [file] = message["attachments"]
    original = s3_store.names() - others
    response = TusClient(site, ana).copy(room, file["id"])
    assert response.status_code == 201, response.text
    with LiveClient(site, ana) as client:
        [copied] = client.post(room.pk, "", attachments=[response.headers["location"].split("/")[2]])["attachments"]
        assert client.call("message.delete", message=message["id"])["type"] == "ok"
    wait_until(lambda: not original & s3_store.names(), "the original is deleted")
    assert len(s3_store.names() - others) == 1
    answer = TusClient(site, ana).http.get(copied["url"], follow_redirects=True)
    assert hashlib.sha256(answer.content).digest() == hashlib.sha256(CONTENT).digest()
