"""The bytes of files that come in: who writes to which file, in pieces, and the looking at what is complete.

One process writes to a file at a time, by a lock on it; within the process a newer line takes the file over from an
older one, which may be dead without anybody knowing yet.
"""

import asyncio
import errno
import fcntl
import logging
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any, NoReturn
from uuid import UUID
from weakref import WeakValueDictionary

from django.utils.translation import gettext_lazy as _

from live.db_threads import in_thread, in_writing_thread, run_in
from live.rate_limit import TokenBuckets
from messaging.attachments import limits
from messaging.attachments.sandbox.inspector import Inspector, Stopped
from messaging.errors import Closing, DiskFull
from messaging.models import Attachment
from messaging.uploads import actions
from rooms.errors import NotFound, Refusal

logger = logging.getLogger(__name__)

PIECE_BYTES = 256 * 1024
SYNC_BYTES = 8 * 1024 * 1024  # between two waits for the disk: all at the end would hold up the database's commits
SILENCE_SECONDS = 30.0
RATE, BURST = 50, 500  # requests a second of one person: 200 MB in pieces of 4 MB, ten times that at once

Receive = Callable[[], Awaitable[Mapping[str, Any]]]


class Incomplete(Exception):
    """The line broke off; what has come is kept."""


class Silent(Refusal):
    code = "silent"
    default_message = _("Nothing arrived for 30 seconds. What arrived is kept; the upload can continue.")


class WrongOffset(Refusal):
    code = "wrong_offset"
    default_message = _("The file has a different length by now; the upload can continue from there.")


class Locked(Refusal):
    code = "locked"
    default_message = _("This file is being uploaded on another connection. Try again in a moment.")


class Intake:
    """Belongs to the loop that it was made on."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="intake")
        self._storing = ThreadPoolExecutor(max_workers=2, thread_name_prefix="storing")  # a store may take minutes
        self._inspector = Inspector()
        self.rates = TokenBuckets(RATE, BURST)
        self._receiving: dict[UUID, asyncio.Task[int]] = {}
        self._completing: dict[UUID, asyncio.Task[None]] = {}
        self._turns: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    async def offset(self, upload: Attachment) -> int:
        """How many bytes there are; a line that still brings some is not waited for. Raises NotFound."""
        await self.interrupt(upload.pk)
        return actions.received(upload)

    async def append(self, upload: Attachment, offset: int, receive: Receive) -> int:
        """Write what comes behind the first `offset` bytes; return how many there are then.

        Raises WrongOffset, Locked, DiskFull (then the upload is gone), Incomplete.
        """
        await self.interrupt(upload.pk)
        task = self._receiving[upload.pk] = asyncio.ensure_future(self._append(upload, offset, receive))
        try:
            return await task
        except asyncio.CancelledError:
            task.cancel()
            await asyncio.wait([task])
            if asyncio.current_task().cancelling():  # type: ignore[union-attr]
                raise
            raise Locked(retry_after=1) from None  # another line took the file over
        finally:
            if self._receiving.get(upload.pk) is task:
                del self._receiving[upload.pk]

    async def interrupt(self, upload_id: UUID) -> None:
        """End what is being received into this file."""
        if (task := self._receiving.get(upload_id)) is not None:
            task.cancel()
            await asyncio.wait([task])

    async def cancel(self, upload: Attachment) -> None:
        """Nothing of it stays. Whoever is looking at it or storing it finds that it is gone."""
        await self.interrupt(upload.pk)
        await in_writing_thread(actions.give_up, upload=upload)

    async def complete(self, upload: Attachment) -> None:
        """See to it that a file whose bytes are all there is looked at and stored; whoever asks meanwhile waits too.

        Raises what `settle_upload` does, Locked, Closing, and DiskFull (then the upload is gone).
        """
        task = self._completing.get(upload.pk)
        if task is None:
            task = self._completing[upload.pk] = asyncio.ensure_future(self._complete(upload))
            task.add_done_callback(lambda _: self._completing.pop(upload.pk, None))
        await asyncio.shield(task)  # it goes on when whoever asked is gone

    async def stop(self) -> None:
        tasks = [*self._receiving.values(), *self._completing.values()]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        await self._inspector.stop()
        self._pool.shutdown(wait=False)
        self._storing.shutdown(wait=False)

    # -- receiving ------------------------------------------------------------------------------------

    async def _append(self, upload: Attachment, offset: int, receive: Receive) -> int:
        if upload.ready_at is not None:
            if offset != upload.size:
                raise WrongOffset
            return offset  # the answer to the last piece was lost
        async with self._held(upload) as file:
            await _look_again(upload)
            if offset != actions.received(upload):
                raise WrongOffset
            try:
                return await self._copy(file, offset, upload.size, receive)
            except OSError as error:
                return await _give_up_if_full(upload, error)

    async def _copy(self, file: int, offset: int, size: int, receive: Receive) -> int:
        piece = _Piece()
        while offset < size and not piece.is_last:
            piece = _Piece()
            try:
                await piece.gather(receive, min(PIECE_BYTES, size - offset))
            finally:  # also when another line takes over
                del piece.data[size - offset :]
                if limits.is_disk_full(len(piece.data)):  # others fill it too
                    raise OSError(errno.ENOSPC, "as little is free as has to be")
                await _unbroken(run_in(self._pool, _write, file, piece.data, offset))
                offset += len(piece.data)
        return offset

    # -- completing -----------------------------------------------------------------------------------

    async def _complete(self, upload: Attachment) -> None:
        part, workplace = actions.part_of(upload.pk), actions.workplace_of(upload.pk)
        async with self._held(upload):
            await _look_again(upload)
            if upload.ready_at is not None:
                return
            try:
                workplace.mkdir(exist_ok=True)
                async with self._turn_of(upload.uploader_id):
                    inspection = await self._inspector.inspect(part, upload.name, workplace)
                await _unbroken(run_in(self._storing, actions.settle_upload, upload=upload, inspection=inspection))
            except Stopped:
                raise Closing(retry_after=2) from None
            except FileNotFoundError:
                await _look_again(upload)  # it was cancelled
                raise
            except OSError as error:
                await _give_up_if_full(upload, error)
            finally:
                shutil.rmtree(workplace, ignore_errors=True)

    @asynccontextmanager
    async def _held(self, upload: Attachment) -> AsyncIterator[int]:
        """The file, while no other process has it. Raises Locked, also when it was stored this moment, and NotFound.

        It is closed by a thread: of one that was deleted meanwhile the disk frees the bytes then, which takes a while.
        """
        try:
            file = _locked(upload)
        except FileNotFoundError:
            await _look_again(upload)
            if upload.ready_at is None:
                raise NotFound(actions.NO_FILE) from None  # another server has its bytes, or nobody
            raise Locked(retry_after=1) from None
        try:
            yield file
        finally:
            await _unbroken(run_in(self._pool, os.close, file))

    def _turn_of(self, uploader_id: int) -> asyncio.Lock:
        """One file of a person is looked at at a time: with a hundred of them others wait behind one."""
        return self._turns.setdefault(uploader_id, asyncio.Lock())


class _Piece:
    """What is written at once."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.is_last = False

    async def gather(self, receive: Receive, enough: int) -> None:
        """Raises Incomplete and Silent; `data` holds what had come by then."""
        while not self.is_last and len(self.data) < enough:
            try:
                async with asyncio.timeout(SILENCE_SECONDS):
                    event = await receive()
            except TimeoutError:
                raise Silent from None
            if event["type"] == "http.disconnect":
                raise Incomplete
            self.data += event.get("body", b"")
            self.is_last = not event.get("more_body", False)


async def _look_again(upload: Attachment) -> None:
    await in_thread(actions.look_again, upload)
    if actions.was_long_silent(upload):
        await in_writing_thread(actions.touch, upload)


async def _give_up_if_full(upload: Attachment, error: OSError) -> NoReturn:
    if error.errno not in limits.FULL:
        raise error
    logger.error("an upload of %d bytes finds no room on the disk", upload.size)
    actions.part_of(upload.pk).unlink(missing_ok=True)  # first: the database may need the room to forget it
    await in_writing_thread(actions.give_up, upload=upload)
    raise DiskFull from error


def _locked(upload: Attachment) -> int:
    """The file, opened, while no other process has it. Raises Locked, and FileNotFoundError."""
    file = os.open(actions.part_of(upload.pk), os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        raise Locked(retry_after=1) from None
    return file


async def _unbroken(work: Coroutine[Any, Any, object]) -> None:
    """Wait for what a thread does to its end, however often cancelled: the file must not be closed under it."""
    task, cancelled = asyncio.ensure_future(work), None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        if not task.cancelled():
            task.exception()  # nobody is there any more to hear of it
        raise cancelled
    task.result()


def _write(file: int, data: bytearray, offset: int) -> None:
    left, begun = memoryview(data), offset
    while left:
        written = os.pwrite(file, left, offset)
        left, offset = left[written:], offset + written
    if begun // SYNC_BYTES != offset // SYNC_BYTES:
        os.fdatasync(file)
