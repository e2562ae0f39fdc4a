"""The bytes that come in, where it matters what else happens at that moment."""

import asyncio
import threading

import pytest

from messaging.attachments import limits, storage
from messaging.errors import DiskFull
from messaging.models import Attachment
from messaging.uploads import receiver as intake_module
from messaging.uploads.actions import begin_upload, cancel_upload, part_path, received_bytes
from messaging.uploads.receiver import CHUNK_BYTES, Locked, UploadReceiver
from rooms.errors import NotFound
from tests.waiting import PATIENCE

pytestmark = pytest.mark.usefixtures("places")


@pytest.fixture
async def intake():
    intake = UploadReceiver()
    yield intake
    await intake.stop()


def begin(room, user, size):
    return begin_upload(user=user, room_id=room.pk, name="notes.txt", size=size)


def coming(*pieces, at_last=None):
    """An ASGI receive; after the last piece it waits for ever."""
    left = list(pieces)

    async def receive():
        if left:
            return {"type": "http.request", "body": left.pop(0), "more_body": True}
        if at_last is not None:
            at_last()
        return await asyncio.Event().wait()

    return receive


async def test_a_disk_that_fills_up_meanwhile_keeps_its_reserve(room, ana, intake, monkeypatch):
    upload = await asyncio.to_thread(begin, room, ana, 3 * CHUNK_BYTES)
    asked = iter([False, True])
    monkeypatch.setattr(limits, "is_disk_full", lambda size: next(asked))
    with pytest.raises(DiskFull):
        await intake.append(upload, 0, coming(*[b"x" * CHUNK_BYTES] * 3))
    assert not part_path(upload.pk).exists()
    assert not await asyncio.to_thread(Attachment.objects.exists)


async def test_who_stops_keeps_what_has_come(room, ana):
    intake = UploadReceiver()
    upload = await asyncio.to_thread(begin, room, ana, 100)
    is_there = asyncio.Event()
    work = asyncio.create_task(intake.append(upload, 0, coming(b"ten bytes.", at_last=is_there.set)))
    await is_there.wait()
    await intake.stop()
    with pytest.raises(Locked):
        await work
    assert received_bytes(upload) == 10


async def test_what_another_process_is_done_with_is_left_alone(room, ana, intake):
    upload = await asyncio.to_thread(begin, room, ana, 3)
    await intake.append(upload, 0, coming(b"abc"))
    stale = await asyncio.to_thread(Attachment.objects.get, pk=upload.pk)
    await intake.complete(upload)
    other = UploadReceiver()
    with pytest.raises(Locked):  # what it knows is from before, and the bytes are not there any more
        await other.complete(stale)
    await other.stop()
    ready = await asyncio.to_thread(Attachment.objects.get, pk=upload.pk)
    assert ready.ready_at is not None
    assert storage.local_path(ready.key).read_bytes() == b"abc"


async def test_however_often_it_is_asked_for_no_other_file_gets_its_bytes(room, ana, intake, tmp_path, monkeypatch):
    """Each question breaks off what still comes, and what is being written has the number of an open file."""
    upload = await asyncio.to_thread(begin, room, ana, 8 * CHUNK_BYTES)
    is_there = asyncio.Event()
    write, disk_is_free = intake_module._write, threading.Event()

    def write_slowly(*args):
        disk_is_free.wait(PATIENCE)
        write(*args)

    monkeypatch.setattr(intake_module, "_write", write_slowly)
    work = asyncio.create_task(intake.append(upload, 0, coming(b"x" * 1000, at_last=is_there.set)))
    await is_there.wait()
    asked = []
    for _ in range(3):
        asked.append(asyncio.create_task(intake.offset(upload)))
        await asyncio.sleep(0.03)
    with (tmp_path / "somebody else's").open("wb+") as other:
        disk_is_free.set()
        await asyncio.gather(*asked)
        with pytest.raises(Locked):
            await work
        assert other.read() == b""
    assert received_bytes(upload) == 1000


async def test_the_loop_does_not_wait_for_a_disk_that_frees_what_was_deleted(room, ana, intake, monkeypatch):
    closed_by = []

    class Watched:
        def __getattr__(self, name):
            return getattr(intake_os, name)

        def close(self, number):
            closed_by.append(threading.current_thread())
            intake_os.close(number)

    intake_os = intake_module.os
    monkeypatch.setattr(intake_module, "os", Watched())
    upload = await asyncio.to_thread(begin, room, ana, 3)
    await intake.append(upload, 0, coming(b"ab", b"c"))
    await intake.complete(upload)
    assert len(closed_by) == 2
    assert threading.current_thread() not in closed_by


async def test_what_is_cancelled_while_it_is_looked_at_is_gone(room, ana, intake, monkeypatch):
    upload = await asyncio.to_thread(begin, room, ana, 3)
    await intake.append(upload, 0, coming(b"abc"))
    is_looked_at, go_on = asyncio.Event(), asyncio.Event()
    inspect = intake._inspector.inspect

    async def inspect_slowly(*args):
        is_looked_at.set()
        await go_on.wait()
        return await inspect(*args)

    monkeypatch.setattr(intake._inspector, "inspect", inspect_slowly)
    work = asyncio.create_task(intake.complete(upload))
    await is_looked_at.wait()
    await intake.cancel(await asyncio.to_thread(Attachment.objects.get, pk=upload.pk))
    go_on.set()
    with pytest.raises(NotFound):
        await work
    assert not await asyncio.to_thread(Attachment.objects.exists)
    assert list(storage.list_stored()) == []


async def test_what_is_cancelled_while_it_is_stored_is_gone(room, ana, intake, monkeypatch):
    upload = await asyncio.to_thread(begin, room, ana, 3)
    await intake.append(upload, 0, coming(b"abc"))
    save_file = storage.save_file

    def save_and_cancel(name, path):
        save_file(name, path)
        if name == upload.key:
            cancel_upload(upload=Attachment.objects.get(pk=upload.pk))

    monkeypatch.setattr(storage, "save_file", save_and_cancel)
    with pytest.raises(NotFound):
        await intake.complete(upload)
    assert list(storage.list_stored()) == []


async def test_what_is_lost_is_not_there(room, ana, intake):
    upload = await asyncio.to_thread(begin, room, ana, 3)
    part_path(upload.pk).unlink()
    with pytest.raises(NotFound):
        await intake.offset(upload)
    with pytest.raises(NotFound):
        await intake.append(upload, 0, coming(b"abc"))
    await intake.cancel(upload)
    assert not await asyncio.to_thread(Attachment.objects.exists)
