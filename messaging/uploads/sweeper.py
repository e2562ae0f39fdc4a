"""Deletes discarded files, abandoned uploads, and received bytes without an upload."""

import asyncio
import logging
import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from live.db_threads import run_in
from messaging.attachments.cleanup import BATCH, delete_discarded, discard_attachments
from messaging.models import Attachment, AttachmentQuerySet, StorageChange
from messaging.uploads.actions import received_bytes
from rooms.errors import NotFound

logger = logging.getLogger(__name__)

POLL_SECONDS = 3.0
RETRY_SECONDS = 15.0
ABANDONED_INTERVAL = 600.0
ABANDONED_AFTER = timedelta(hours=24)
FIRST_BYTE_WITHIN = timedelta(hours=1)


def delete_abandoned() -> int:
    """Delete unposted uploads without activity for a day, and return their number."""
    unposted = Attachment.objects.unposted()
    abandoned = Q(touched_at__lt=timezone.now() - ABANDONED_AFTER) | Q(pk__in=_without_bytes(unposted))
    ids = list(unposted.filter(abandoned).values_list("pk", flat=True)[:BATCH])
    if ids:
        with transaction.atomic():
            discard_attachments(unposted.select_for_update().filter(pk__in=ids))
    for path in _unknown_paths():
        _remove(path)
    return len(ids)


def _without_bytes(unposted: AttachmentQuerySet) -> list[UUID]:
    """Return uploads without data after an hour. Clients may not know their URL, but they count towards the quota."""
    old = unposted.unfinished().filter(size__gt=0, touched_at__lt=timezone.now() - FIRST_BYTE_WITHIN)
    return [upload.pk for upload in old[:BATCH] if _is_empty(upload)]


def _is_empty(upload: Attachment) -> bool:
    """Return whether this server received no bytes. Uploads to other servers don't count as empty."""
    try:
        return received_bytes(upload) == 0
    except NotFound:
        return False


def _unknown_paths() -> Iterator[Path]:
    """Yield files in UPLOAD_ROOT that are older than an hour and belong to no unfinished upload."""
    root = Path(settings.UPLOAD_ROOT)
    found = {path: _id_of(path) for path in root.iterdir()} if root.is_dir() else {}
    unfinished = Attachment.objects.unfinished().filter(pk__in=filter(None, found.values()))
    known = set(unfinished.values_list("pk", flat=True))
    for path, upload_id in found.items():
        if upload_id not in known and _age(path) > 3600:
            yield path


def _id_of(path: Path) -> UUID | None:
    try:
        return UUID(path.name.removesuffix(".made"))
    except ValueError:
        return None


def _age(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


class Sweeper:
    """A background task in every process, as simultaneous runs do no harm. An instance belongs to one event loop."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sweeper")  # a remote store may be slow
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.wait([self._task])
        self._thread.shutdown(wait=False)

    async def _run(self) -> None:
        checked_at = 0.0
        pause = POLL_SECONDS
        while True:
            await asyncio.sleep(pause)
            pause = POLL_SECONDS
            if time.monotonic() - checked_at > ABANDONED_INTERVAL:
                await self._run_all(delete_abandoned)
                await self._run_all(partial(StorageChange.objects.merge, BATCH))
                checked_at = time.monotonic()
            if not await self._run_all(delete_discarded):
                pause = RETRY_SECONDS

    async def _run_all(self, work_on_batch: Callable[[], int]) -> bool:
        """Repeat until a batch is not full. Return False on failure."""
        try:
            while await run_in(self._thread, work_on_batch) == BATCH:
                pass
        except OSError as error:  # the store is down
            logger.warning("Discarded files could not be deleted; trying again: %s", error)
            return False
        except Exception:
            logger.exception("Sweeping failed; trying again")
            return False
        return True
