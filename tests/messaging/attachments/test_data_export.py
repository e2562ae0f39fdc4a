"""One's data has the files that one sent, however large, under names that are safe and no two the same."""

import json
import os
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile

import httpx
import pytest

from accounts import data_export
from messaging.attachments import storage
from rooms.actions import leave_room
from tests.factories import make_attachment, make_member, make_room, make_user, post
from tests.live_client import session_of


@pytest.fixture
def room(db):
    return make_room("Workshop", owner=make_user("owner"), kind="private")


@pytest.fixture
def ana(room):
    return make_member(room, make_user("ana"))


def unpacked(user) -> ZipFile:
    return ZipFile(BytesIO(b"".join(data_export.archive(user))))


def test_it_has_ones_own_posted_files_and_nobody_elses(room, ana):
    bo = make_member(room)
    message = post(room, ana, "Both")
    make_attachment(room, ana, b"first", name="plan.txt", message=message, renditions="text")
    make_attachment(room, ana, b"second", name="plan.txt", message=message, position=1)
    make_attachment(room, bo, b"bos", name="bo.txt", message=post(room, bo))
    make_attachment(room, ana, b"not posted", name="waiting.txt")
    leave_room(user=ana, room=room)  # what one sent is one's own all the same
    packed = unpacked(ana)
    names = [f"files/{message.pk}-1-plan.txt", f"files/{message.pk}-2-plan.txt"]
    assert [name for name in packed.namelist() if name.startswith("files/")] == names
    assert [packed.read(name) for name in names] == [b"first", b"second"]
    assert packed.testzip() is None
    assert {packed.getinfo(name).compress_type for name in names} == {ZIP_STORED}
    (written,) = json.loads(packed.read("messages.json"))
    assert written["files"] == names


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b\\c", "CON", "x" * 255, "\u202egnp.exe", "a\nb"])
def test_no_name_leads_anywhere(room, ana, name):
    make_attachment(room, ana, name=name, message=post(room, ana))
    (inside,) = (name for name in unpacked(ana).namelist() if name.startswith("files/"))
    assert inside.count("/") == 1
    assert ".." not in inside.split("/")
    assert not set(inside) & set("\\\u202e\n\0")


def test_one_whose_bytes_are_gone_is_left_out(room, ana):
    message = post(room, ana)
    lost = make_attachment(room, ana, message=message)
    make_attachment(room, ana, b"kept", name="kept.txt", message=message, position=1)
    storage.delete_files([lost.key])
    packed = unpacked(ana)
    assert packed.testzip() is None
    assert [name for name in packed.namelist() if "/" in name] == [f"files/{message.pk}-2-kept.txt"]


def test_many_messages_come_once_each(room, ana, monkeypatch):
    monkeypatch.setattr("messaging.data_export.BATCH", 3)
    for number in range(10):
        post(room, ana, str(number))
    written = json.loads(unpacked(ana).read("messages.json"))
    assert [message["text"] for message in written] == [str(number) for number in range(10)]


def test_hundreds_of_megabytes_leave_while_they_are_read(uvicorn, settings, transactional_db):
    """Not from memory, nor by way of the disk; and nothing of it is kept when the reader leaves."""
    room = make_room("Workshop", owner=make_user("owner"))
    ana = make_member(room)
    settings.MEDIA_ROOT = uvicorn.data_dir / "media"
    attachment = make_attachment(room, ana, name="large.bin", message=post(room, ana))
    size = 300_000_000
    os.truncate(settings.MEDIA_ROOT / attachment.key, size)
    cookies = {"sessionid": session_of(ana)}
    process = Path(f"/proc/{uvicorn.process.pid}")
    with httpx.Client(base_url=uvicorn.url, cookies=cookies, timeout=60) as client:
        client.get("/profile/")
        told = {"X-CSRFToken": client.cookies["csrftoken"]}
        (process / "clear_refs").write_text("5")
        before = peak(process)
        with client.stream("POST", "/profile/data/", headers=told) as answer:
            assert answer.status_code == 200
            assert sum(map(len, answer.iter_raw())) > size
        with client.stream("POST", "/profile/data/", headers=told) as answer:
            next(answer.iter_raw())
            assert answer.status_code == 200
        assert client.get("/profile/").status_code == 200
    assert peak(process) - before < 30_000_000


def peak(process: Path) -> int:
    (line,) = (line for line in (process / "status").read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024
