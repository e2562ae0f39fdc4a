"""The bytes that come in, where it matters what else happens at that moment."""

import asyncio

import pytest

from messaging.errors import DiskFull
from messaging.files import limits, shelf
from messaging.files.intake import PIECE_BYTES, Intake, Locked
from messaging.files.uploads import begin_upload, part_of, received
from messaging.models import Attachment

pytestmark = pytest.mark.usefixtures("places")


@pytest.fixture
async def intake():
    intake = Intake()
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
    upload = await asyncio.to_thread(begin, room, ana, 3 * PIECE_BYTES)
    asked = iter([False, True])
    monkeypatch.setattr(limits, "is_disk_full", lambda size: next(asked))
    with pytest.raises(DiskFull):
        await intake.append(upload, 0, coming(*[b"x" * PIECE_BYTES] * 3))
    assert not part_of(upload.pk).exists()
    assert not await asyncio.to_thread(Attachment.objects.exists)


async def test_who_stops_keeps_what_has_come(room, ana):
    intake = Intake()
    upload = await asyncio.to_thread(begin, room, ana, 100)
    is_there = asyncio.Event()
    work = asyncio.create_task(intake.append(upload, 0, coming(b"ten bytes.", at_last=is_there.set)))
    await is_there.wait()
    await intake.stop()
    with pytest.raises(Locked):
        await work
    assert received(upload) == 10


async def test_what_another_process_is_done_with_is_left_alone(room, ana, intake):
    upload = await asyncio.to_thread(begin, room, ana, 3)
    await intake.append(upload, 0, coming(b"abc"))
    stale = await asyncio.to_thread(Attachment.objects.get, pk=upload.pk)
    await intake.complete(upload)
    other = Intake()
    with pytest.raises(Locked):  # what it knows is from before, and the bytes are not there any more
        await other.complete(stale)
    await other.stop()
    ready = await asyncio.to_thread(Attachment.objects.get, pk=upload.pk)
    assert ready.ready_at is not None
    assert shelf.path_of(ready.key).read_bytes() == b"abc"
