"""Receives uploads. Writes bytes to disk in chunks, and then has complete files inspected and stored.

A lock on the file lets only one process write at a time. Within a process, a newer connection replaces an older one,
which may be dead without having been closed.
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

from accounts.models import User
from live.db_threads import in_thread, in_writing_thread, run_in
from live.fair_threads import Busy
from live.rate_limit import TokenBuckets
from messaging.attachments import limits
from messaging.attachments.sandbox.inspector import Inspector, InspectorStopped
from messaging.errors import Closing, DiskFull, Unavailable
from messaging.models import Attachment
from messaging.uploads import actions, copies
from rooms.errors import NotFound, Refusal

logger = logging.getLogger(__name__)

CHUNK_BYTES = 256 * 1024
SYNC_BYTES = 8 * 1024 * 1024  # between two syncs, as a single one at the end would delay the database's commits
RECEIVE_TIMEOUT = 30.0
RATE, BURST = 50, 500  # requests per second and user, which is 200 MB in parts of 4 MB

QUEUE_FULL = _("Many files are waiting to be checked. This one will be retried.")

Receive = Callable[[], Awaitable[Mapping[str, Any]]]


class Disconnected(Exception):
    """The client disconnected. The received bytes are kept."""


class ReceiveTimeout(Refusal):
    code = "silent"
    default_message = _("No data arrived for 30 seconds. The upload can be resumed.")


class WrongOffset(Refusal):
    code = "wrong_offset"
    default_message = _("The upload isn’t at this offset. Ask for the current one and resume from there.")


class Locked(Refusal):
    code = "locked"
    default_message = _("This file is being uploaded on another connection. Try again in a moment.")


class UploadReceiver:
    """Receives all uploads of a process. An instance belongs to one event loop."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="uploads")
        self._storing = ThreadPoolExecutor(max_workers=2, thread_name_prefix="storing")  # may take minutes
        self.inspector = Inspector()
        self.rates = TokenBuckets(RATE, BURST)
        self._receiving: dict[UUID, asyncio.Task[int]] = {}
        self._refusals: dict[UUID, Refusal] = {}
        self._completing: dict[UUID, asyncio.Task[None]] = {}
        self._copying: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    async def offset(self, upload: Attachment) -> int:
        """Return the number of bytes received. Ends any connection that is still sending. Raises NotFound."""
        await self.interrupt(upload.pk)
        return actions.received_bytes(upload)

    async def append(self, upload: Attachment, offset: int, receive: Receive) -> int:
        """Append the body after the first `offset` bytes, and return the new number of bytes.

        Raises WrongOffset, Locked, Disconnected, a refusal passed to `refuse`, or DiskFull, in which case the upload is
        deleted.
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
            # Without a refusal, another connection has taken over the upload.
            raise self._refusals.get(upload.pk, Locked(retry_after=1)) from None
        finally:
            if self._receiving.get(upload.pk) is task:
                del self._receiving[upload.pk]
                self._refusals.pop(upload.pk, None)

    def refuse(self, upload_id: UUID, refusal: Refusal) -> None:
        """End the connection that is sending this file with a refusal. The received bytes are kept."""
        if (task := self._receiving.get(upload_id)) is not None:
            self._refusals[upload_id] = refusal
            task.cancel()

    async def interrupt(self, upload_id: UUID) -> None:
        """End the connection that is sending this file, if there is one."""
        if (task := self._receiving.get(upload_id)) is not None:
            task.cancel()
            await asyncio.wait([task])

    async def cancel(self, upload: Attachment) -> None:
        """Delete an upload, even while it is being inspected or stored."""
        await self.interrupt(upload.pk)
        await in_writing_thread(actions.cancel_upload, upload=upload)

    async def complete(self, upload: Attachment) -> None:
        """Inspect and store a complete file. Concurrent calls wait for the same result.

        Raises Locked, Closing, Unavailable, DiskFull (the upload is then deleted), and the errors of `finish_upload`.
        """
        task = self._completing.get(upload.pk)
        if task is None:
            task = self._completing[upload.pk] = asyncio.ensure_future(self._complete(upload))
            task.add_done_callback(lambda _: self._completing.pop(upload.pk, None))
        await asyncio.shield(task)  # continues even if the client disconnects

    async def copy(self, upload: Attachment, user: User, source_id: UUID) -> None:
        """Store a copy of another attachment's files. A user's copies are made one after the other.

        Raises DiskFull (the upload is then deleted), and the errors of `finish_copy`.
        """
        async with self._copying.setdefault(user.pk, asyncio.Lock()):
            copy = run_in(self._storing, copies.finish_copy, user=user, upload=upload, source_id=source_id)
            try:
                await _uninterrupted(copy)
            except OSError as error:
                await _cancel_if_full(upload, error)

    async def stop(self) -> None:
        tasks = [*self._receiving.values(), *self._completing.values()]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        await self.inspector.stop()
        self._pool.shutdown(wait=False)
        self._storing.shutdown(wait=False)

    # -- receiving ------------------------------------------------------------------------------------

    async def _append(self, upload: Attachment, offset: int, receive: Receive) -> int:
        if upload.is_ready:
            if offset != upload.size:
                raise WrongOffset
            return offset  # the response to the last part was lost
        async with self._locked(upload) as file:
            await _refresh(upload)
            if offset != actions.received_bytes(upload):
                raise WrongOffset
            try:
                return await self._write_body(file, offset, upload.size, receive)
            except OSError as error:
                return await _cancel_if_full(upload, error)

    async def _write_body(self, file: int, offset: int, size: int, receive: Receive) -> int:
        chunk = _Chunk()
        while offset < size and not chunk.is_last:
            chunk = _Chunk()
            try:
                await chunk.fill(receive, min(CHUNK_BYTES, size - offset))
            finally:  # also if another connection takes over
                del chunk.data[size - offset :]
                if limits.is_disk_full(len(chunk.data)):  # other programs may have filled the disk
                    raise OSError(errno.ENOSPC, "no space left for files")
                await _uninterrupted(run_in(self._pool, _write, file, chunk.data, offset))
                offset += len(chunk.data)
        return offset

    # -- completing -----------------------------------------------------------------------------------

    async def _complete(self, upload: Attachment) -> None:
        part, workspace = actions.part_path(upload.pk), actions.workspace_path(upload.pk)
        async with self._locked(upload):
            await _refresh(upload)
            if upload.is_ready:
                return
            try:
                workspace.mkdir(exist_ok=True)
                inspection = await self.inspector.inspect(part, upload.name, workspace, upload.uploader_id)
                await _uninterrupted(run_in(self._storing, actions.finish_upload, upload=upload, inspection=inspection))
            except InspectorStopped:
                raise Closing(retry_after=2) from None
            except Busy:
                raise Unavailable(QUEUE_FULL, retry_after=10) from None
            except FileNotFoundError:
                await _refresh(upload)  # cancelled
                raise
            except OSError as error:
                await _cancel_if_full(upload, error)
            finally:
                shutil.rmtree(workspace, ignore_errors=True)

    @asynccontextmanager
    async def _locked(self, upload: Attachment) -> AsyncIterator[int]:
        """Open and lock the received file. Raises Locked (also if it has just been stored) or NotFound.

        It is closed in a thread, because closing a deleted file frees its disk space, which takes a while.
        """
        try:
            file = _lock(upload)
        except FileNotFoundError:
            await _refresh(upload)
            if not upload.is_ready:
                raise NotFound(actions.NO_FILE) from None  # the bytes are on another server or no longer exist
            raise Locked(retry_after=1) from None
        try:
            yield file
        finally:
            await _uninterrupted(run_in(self._pool, os.close, file))


class _Chunk:
    """Bytes that are written together."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.is_last = False

    async def fill(self, receive: Receive, length: int) -> None:
        """Read `length` bytes or to the end. Raises Disconnected or ReceiveTimeout, but `data` keeps the bytes read."""
        while not self.is_last and len(self.data) < length:
            try:
                async with asyncio.timeout(RECEIVE_TIMEOUT):
                    event = await receive()
            except TimeoutError:
                raise ReceiveTimeout from None
            if event["type"] == "http.disconnect":
                raise Disconnected
            self.data += event.get("body", b"")
            self.is_last = not event.get("more_body", False)


async def _refresh(upload: Attachment) -> None:
    await in_thread(actions.refresh_upload, upload)
    if actions.needs_touch(upload):
        await in_writing_thread(actions.touch, upload)


async def _cancel_if_full(upload: Attachment, error: OSError) -> NoReturn:
    if error.errno not in limits.DISK_FULL_ERRORS:
        raise error
    logger.error("No disk space for an upload of %d bytes", upload.size)
    actions.part_path(upload.pk).unlink(missing_ok=True)  # first: the database may need the space
    await in_writing_thread(actions.cancel_upload, upload=upload)
    raise DiskFull from error


def _lock(upload: Attachment) -> int:
    """Open and lock the received file. Raises Locked or FileNotFoundError."""
    file = os.open(actions.part_path(upload.pk), os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        raise Locked(retry_after=1) from None
    return file


async def _uninterrupted(work: Coroutine[Any, Any, object]) -> None:
    """Wait until a thread has finished, even if cancelled, because the file must not be closed while it is in use."""
    task, cancelled = asyncio.ensure_future(work), None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        if not task.cancelled():
            task.exception()  # retrieved, so that asyncio does not log it
        raise cancelled
    task.result()


def _write(file: int, data: bytearray, offset: int) -> None:
    left, start = memoryview(data), offset
    while left:
        written = os.pwrite(file, left, offset)
        left, offset = left[written:], offset + written
    if start // SYNC_BYTES != offset // SYNC_BYTES:
        os.fdatasync(file)
