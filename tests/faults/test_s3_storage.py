"""Files in a store that speaks S3: moto's, in a process of its own. Here no other server sweeps the same database."""

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

from accounts import actions as people
from accounts.models import User
from chatsite.conf.storages import storage_named
from messaging.attachments import storage
from messaging.models import Attachment, DiscardedFile
from rooms.actions import delete_room
from tests.factories import make_attachment, make_member, make_room, make_user
from tests.live_client import LiveClient
from tests.server import run_site
from tests.tus_client import PIECE, Sender
from tests.waiting import wait_until

CONTENT = os.urandom(1_500_000)


@pytest.fixture(scope="module")
def storing_site(elsewhere, django_db_setup, django_db_blocker, tmp_path_factory):
    with django_db_blocker.unblock():
        database = connection.settings_dict["NAME"]
    with run_site("uvicorn", database, tmp_path_factory.mktemp("store"), MEDIA_URL=elsewhere.media_url) as site:
        yield site


@pytest.fixture
def site(storing_site, elsewhere, transactional_db, everyone, settings):
    settings.STORAGES = settings.STORAGES | {"default": storage_named(elsewhere.media_url)}
    return storing_site


@pytest.fixture
def room(transactional_db):
    return make_room("Workshop", owner=make_user("owner"))


@pytest.fixture
def ana(room):
    return make_member(room, make_user("ana"))


def posted(site, room, user: User, *contents: bytes) -> dict:
    files = [Sender(site, user).send(room, content) for content in contents]
    with LiveClient(site, user) as writes:
        return writes.post(room.pk, "", attachments=files)


def test_what_is_saved_comes_from_the_store_by_an_address_that_ends(site, room, ana):
    message = posted(site, room, ana, CONTENT)
    answer = Sender(site, make_member(room)).get(message["attachments"][0]["url"])
    assert (answer.status_code, answer.headers["cache-control"]) == (302, "no-store")
    address = answer.headers["location"]
    asked = parse_qs(urlsplit(address).query)
    assert asked["X-Amz-Signature"]
    assert int(asked["X-Amz-Expires"][0]) <= 60
    found = httpx.get(address)  # of somebody who has nothing but the address
    assert hashlib.sha256(found.content).digest() == hashlib.sha256(CONTENT).digest()
    assert found.headers["content-disposition"] == 'attachment; filename="notes.bin"'
    assert found.headers["content-type"] == "application/octet-stream"
    part = httpx.get(address, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, CONTENT[10:20])


def test_who_may_not_have_it_gets_no_address(site, room, ana):
    message = posted(site, room, ana, b"a secret")
    type(room).objects.filter(pk=room.pk).update(kind="private")
    answer = Sender(site, make_user("stranger")).get(message["attachments"][0]["url"], Accept="application/json")
    assert answer.status_code == 404
    assert "location" not in answer.headers


@pytest.mark.parametrize(
    ("facts", "way"), [({"type": "video/mp4"}, ""), ({"type": "text/plain", "renditions": "text"}, "text/")]
)
def test_what_the_page_shows_comes_through_the_server(site, room, ana, facts, way):
    """No other address for the page's policy to allow, no rule to set at the store, and none left to one taken out."""
    attachment = make_attachment(room, ana, CONTENT, **facts)
    sender, address = Sender(site, ana), f"/attachments/{attachment.pk}/{way}"
    whole = sender.get(address)
    assert (whole.status_code, whole.content) == (200, CONTENT)
    assert whole.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in whole.headers["content-security-policy"]
    part = sender.get(address, Range="bytes=700000-1299999")
    assert (part.status_code, part.content) == (206, CONTENT[700_000:1_300_000])
    assert sender.get(address, Range="bytes=-5").content == CONTENT[-5:]
    assert sender.get(address, Range="bytes=1500000-").status_code == 416
    assert sender.get(address, **{"If-None-Match": whole.headers["etag"]}).status_code == 304


def test_a_deleted_message_leaves_nothing_in_the_store(site, elsewhere, room, ana):
    before = elsewhere.names()
    message = posted(site, room, ana, CONTENT, b"second")
    assert len(elsewhere.names() - before) == 3  # one is a text, which is shown
    with LiveClient(site, ana) as writes:
        assert writes.call("message.delete", message=message["id"])["type"] == "ok"
    wait_until(lambda: elsewhere.names() == before, "the store is as it was")
    assert not DiscardedFile.objects.exists()


def test_a_deleted_room_of_many_files_leaves_nothing(site, elsewhere, room, ana):
    before = elsewhere.names()
    for _ in range(60):
        make_attachment(room, ana, CONTENT, renditions="thumbnail")
    assert len(elsewhere.names() - before) == 120
    delete_room(actor=User.objects.get(username="owner"), room=room)
    wait_until(lambda: elsewhere.names() == before, "the store is as it was")


def portrait() -> ContentFile:
    drawn = BytesIO()
    Image.new("RGB", (300, 300), "teal").save(drawn, "PNG")
    return ContentFile(drawn.getvalue(), "me.png")


def test_a_picture_of_a_person_is_kept_there_too(site, elsewhere, room, ana):
    before = elsewhere.names()
    for _ in range(2):
        ana.refresh_from_db()
        people.update_profile(user=ana, display_name="", theme="", picture=portrait())
    answer = Sender(site, ana).get(f"/people/{ana.pk}/avatar/")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/webp")
    assert Image.open(BytesIO(answer.content)).size == (256, 256)
    wait_until(lambda: elsewhere.names() - before == {ana.avatar.name}, "the first picture is gone")


def test_a_large_file_goes_through_without_being_held(site, room, ana):
    """What the first file costs, the client's code, is not counted."""
    posted(site, room, ana, b"the first")
    sender, process = Sender(site, ana), Path(f"/proc/{site.process.pid}")
    size = 100_000_000
    address = sender.begin(room, size)
    (process / "clear_refs").write_text("5")  # begin anew to take the most memory it ever had
    before = peak(process)
    piece = os.urandom(PIECE)
    for start in range(0, size, PIECE):
        assert sender.append(address, start, piece).status_code == 204
    assert peak(process) - before <= 20_000_000
    answer = sender.get(f"/attachments/{address[9:]}")
    assert int(httpx.head(answer.headers["location"]).headers["content-length"]) == size


def peak(process: Path) -> int:
    (line,) = (line for line in (process / "status").read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


def test_while_the_store_is_away_the_chat_goes_on_and_nothing_is_lost(site, elsewhere, room, ana):
    message = posted(site, room, ana, CONTENT)
    (attachment,) = Attachment.objects.all()
    shown = make_attachment(room, ana, CONTENT, type="video/mp4")
    sender = Sender(site, ana)
    address = sender.begin(room, len(CONTENT))
    elsewhere.stop()
    try:
        answer = sender.append(address, 0, CONTENT)
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        assert "storage isn’t responding" in answer.json()["detail"]
        with LiveClient(site, ana) as writes:
            writes.post(room.pk, "Still here")
            assert writes.call("message.delete", message=message["id"])["type"] == "ok"
        answer = sender.get(f"/attachments/{shown.pk}/")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
        assert DiscardedFile.objects.filter(name=attachment.key).exists()
        with pytest.raises(ValidationError, match="Couldn’t save your photo"):
            people.update_profile(user=ana, display_name="", theme="", picture=portrait())
    finally:
        elsewhere.start()
    assert sender.offset(address) == len(CONTENT)  # asked for, it is stored now
    assert Sender(site, ana).get(f"/attachments/{address[9:]}").status_code == 302
    wait_until(lambda: not DiscardedFile.objects.exists(), "the sweep has done what was left")


def test_without_its_bucket_nothing_counts_as_deleted(settings, elsewhere):
    settings.STORAGES = settings.STORAGES | {"default": storage_named(elsewhere.media_url.replace("@media", "@absent"))}
    with pytest.raises(OSError, match="NoSuchBucket"):
        storage.delete_files(["attachments/aa/aa"])
