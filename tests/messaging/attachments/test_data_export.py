"""Files in a data export: one's own posted files, of any size, under safe and unique names."""

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


def export(user) -> ZipFile:
    return ZipFile(BytesIO(b"".join(data_export.archive(user))))


def test_export_has_the_persons_posted_files_only(room, ana):
    bo = make_member(room)
    message = post(room, ana, "Both")
    make_attachment(room, ana, b"first", name="plan.txt", message=message, renditions="text")
    make_attachment(room, ana, b"second", name="plan.txt", message=message, position=1)
    make_attachment(room, bo, b"bos", name="bo.txt", message=post(room, bo))
    make_attachment(room, ana, b"not posted", name="waiting.txt")
    leave_room(user=ana, room=room)  # their files are still exported
    archive = export(ana)
    names = [f"files/{message.pk}-1-plan.txt", f"files/{message.pk}-2-plan.txt"]
    assert [name for name in archive.namelist() if name.startswith("files/")] == names
    assert [archive.read(name) for name in names] == [b"first", b"second"]
    assert archive.testzip() is None
    assert {archive.getinfo(name).compress_type for name in names} == {ZIP_STORED}
    (message_data,) = json.loads(archive.read("messages.json"))
    assert message_data["files"] == names


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b\\c", "CON", "x" * 255, "\u202egnp.exe", "a\nb"])
def test_file_names_are_safe_paths(room, ana, name):
    make_attachment(room, ana, name=name, message=post(room, ana))
    (inside,) = (name for name in export(ana).namelist() if name.startswith("files/"))
    assert inside.count("/") == 1
    assert ".." not in inside.split("/")
    assert not set(inside) & set("\\\u202e\n\0")


def test_missing_file_is_left_out(room, ana):
    message = post(room, ana)
    lost = make_attachment(room, ana, message=message)
    make_attachment(room, ana, b"kept", name="kept.txt", message=message, position=1)
    storage.delete_files([lost.key])
    archive = export(ana)
    assert archive.testzip() is None
    assert [name for name in archive.namelist() if "/" in name] == [f"files/{message.pk}-2-kept.txt"]


def test_messages_are_exported_once_each(room, ana, monkeypatch):
    monkeypatch.setattr("messaging.data_export.BATCH", 3)
    for number in range(10):
        post(room, ana, str(number))
    exported = json.loads(export(ana).read("messages.json"))
    assert [message["text"] for message in exported] == [str(number) for number in range(10)]


def test_large_export_is_streamed(uvicorn, settings, transactional_db):
    """Memory use stays low, even if the client disconnects halfway."""
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
        headers = {"X-CSRFToken": client.cookies["csrftoken"]}
        (process / "clear_refs").write_text("5")
        before = peak_memory(process)
        with client.stream("POST", "/profile/data/", headers=headers) as response:
            assert response.status_code == 200
            assert sum(map(len, response.iter_raw())) > size
        with client.stream("POST", "/profile/data/", headers=headers) as response:
            next(response.iter_raw())
            assert response.status_code == 200
        assert client.get("/profile/").status_code == 200
    assert peak_memory(process) - before < 30_000_000


def peak_memory(process: Path) -> int:
    (line,) = (line for line in (process / "status").read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024
