"""The receiver of uploads: full disks, interruptions, cancellation and other processes."""

import asyncio
import threading

import pytest

from messaging.attachments import limits, storage
from messaging.attachments.sandbox.inspector import MAX_WAITING
from messaging.errors import DiskFull, Unavailable
from messaging.models import Attachment
from messaging.uploads import receiver as receiver_module
from messaging.uploads.actions import begin_upload, cancel_upload, part_path, received_bytes
from messaging.uploads.receiver import CHUNK_BYTES, Locked, UploadReceiver
from rooms.errors import NotFound
from tests.waiting import PATIENCE

pytestmark = pytest.mark.usefixtures("storage_folders")


@pytest.fixture
async def receiver(transactional_db):
    receiver = UploadReceiver()
    yield receiver
    await receiver.stop()


def begin(room, user, size):
    return begin_upload(user=user, room_id=room.pk, name="notes.txt", size=size)


def body(*chunks, then=None):
    """Return an ASGI receive that waits forever after the last chunk."""
    left = list(chunks)

    async def receive():
        if left:
            return {"type": "http.request", "body": left.pop(0), "more_body": True}
        if then is not None:
            then()
        return await asyncio.Event().wait()

    return receive


async def test_disk_filled_during_an_upload_keeps_its_reserve(room, ana, receiver, monkeypatch):
    upload = await asyncio.to_thread(begin, room, ana, 3 * CHUNK_BYTES)
    is_full = iter([False, True])
    monkeypatch.setattr(limits, "is_disk_full", lambda size: next(is_full))
    with pytest.raises(DiskFull):
        await receiver.append(upload, 0, body(*[b"x" * CHUNK_BYTES] * 3))
    assert not part_path(upload.pk).exists()
    assert not await asyncio.to_thread(Attachment.objects.exists)


async def test_stopping_keeps_received_bytes(room, ana, transactional_db):
    receiver = UploadReceiver()
    upload = await asyncio.to_thread(begin, room, ana, 100)
    arrived = asyncio.Event()
    work = asyncio.create_task(receiver.append(upload, 0, body(b"ten bytes.", then=arrived.set)))
    await arrived.wait()
    await receiver.stop()
    with pytest.raises(Locked):
        await work
    assert received_bytes(upload) == 10


async def test_file_stored_by_another_process_is_left_alone(room, ana, receiver):
    upload = await asyncio.to_thread(begin, room, ana, 3)
    await receiver.append(upload, 0, body(b"abc"))
    stale = await asyncio.to_thread(Attachment.objects.get, pk=upload.pk)
    await receiver.complete(upload)
    other = UploadReceiver()
    with pytest.raises(Locked):  # its row is outdated, and the received file is gone
        await other.complete(stale)
    await other.stop()
    ready = await asyncio.to_thread(Attachment.objects.get, pk=upload.pk)
    assert ready.is_ready
    assert storage.local_path(ready.key).read_bytes() == b"abc"


async def test_repeated_offset_requests_never_write_to_another_file(room, ana, receiver, tmp_path, monkeypatch):
    """Each offset request interrupts the upload; a closed descriptor's number could be reused during a write."""
    upload = await asyncio.to_thread(begin, room, ana, 8 * CHUNK_BYTES)
    arrived = asyncio.Event()
    write, disk_is_ready = receiver_module._write, threading.Event()

    def write_slowly(*args):
        disk_is_ready.wait(PATIENCE)
        write(*args)

    monkeypatch.setattr(receiver_module, "_write", write_slowly)
    work = asyncio.create_task(receiver.append(upload, 0, body(b"x" * 1000, then=arrived.set)))
    await arrived.wait()
    requests = []
    for _ in range(3):
        requests.append(asyncio.create_task(receiver.offset(upload)))
        await asyncio.sleep(0.03)
    with (tmp_path / "other file").open("wb+") as other:
        disk_is_ready.set()
        await asyncio.gather(*requests)
        with pytest.raises(Locked):
            await work
        assert other.read() == b""
    assert received_bytes(upload) == 1000


async def test_received_file_is_closed_in_a_thread(room, ana, receiver, monkeypatch):
    closed_by = []

    class ObservedOs:
        def __getattr__(self, name):
            return getattr(real_os, name)

        def close(self, number):
            closed_by.append(threading.current_thread())
            real_os.close(number)

    real_os = receiver_module.os
    monkeypatch.setattr(receiver_module, "os", ObservedOs())
    upload = await asyncio.to_thread(begin, room, ana, 3)
    await receiver.append(upload, 0, body(b"ab", b"c"))
    await receiver.complete(upload)
    assert len(closed_by) == 2
    assert threading.current_thread() not in closed_by


async def test_upload_cancelled_during_inspection_is_deleted(room, ana, receiver, monkeypatch):
    upload = await asyncio.to_thread(begin, room, ana, 3)
    await receiver.append(upload, 0, body(b"abc"))
    is_inspecting, may_continue = asyncio.Event(), asyncio.Event()
    inspect = receiver.inspector.inspect

    async def inspect_slowly(*args):
        is_inspecting.set()
        await may_continue.wait()
        return await inspect(*args)

    monkeypatch.setattr(receiver.inspector, "inspect", inspect_slowly)
    work = asyncio.create_task(receiver.complete(upload))
    await is_inspecting.wait()
    await receiver.cancel(await asyncio.to_thread(Attachment.objects.get, pk=upload.pk))
    may_continue.set()
    with pytest.raises(NotFound):
        await work
    assert not await asyncio.to_thread(Attachment.objects.exists)
    assert list(storage.list_stored()) == []


async def test_upload_that_finds_the_queue_full_can_be_completed_later(room, ana, receiver):
    upload = await asyncio.to_thread(begin, room, ana, 3)
    await receiver.append(upload, 0, body(b"abc"))
    threads, may_continue = receiver.inspector._quick.threads, threading.Event()
    waiting = [
        asyncio.create_task(threads.run(str(number), may_continue.wait, PATIENCE)) for number in range(MAX_WAITING + 1)
    ]
    await asyncio.sleep(0)
    with pytest.raises(Unavailable) as refused:
        await receiver.complete(upload)
    assert refused.value.retry_after
    may_continue.set()
    await asyncio.gather(*waiting)
    await receiver.complete(upload)
    await asyncio.to_thread(upload.refresh_from_db)
    assert upload.is_ready


async def test_upload_cancelled_during_storing_is_deleted(room, ana, receiver, monkeypatch):
    upload = await asyncio.to_thread(begin, room, ana, 3)
    await receiver.append(upload, 0, body(b"abc"))
    save_file = storage.save_file

    def save_and_cancel(name, path):
        save_file(name, path)
        if name == upload.key:
            cancel_upload(upload=Attachment.objects.get(pk=upload.pk))

    monkeypatch.setattr(storage, "save_file", save_and_cancel)
    with pytest.raises(NotFound):
        await receiver.complete(upload)
    assert list(storage.list_stored()) == []


async def test_upload_whose_bytes_are_lost_is_not_found(room, ana, receiver):
    upload = await asyncio.to_thread(begin, room, ana, 3)
    part_path(upload.pk).unlink()
    with pytest.raises(NotFound):
        await receiver.offset(upload)
    with pytest.raises(NotFound):
        await receiver.append(upload, 0, body(b"abc"))
    await receiver.cancel(upload)
    assert not await asyncio.to_thread(Attachment.objects.exists)
