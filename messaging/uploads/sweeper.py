"""Delete leftovers: discarded files, abandoned uploads, and received bytes without an upload."""

import asyncio
import logging
import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from live.db_threads import run_in
from messaging.attachments.cleanup import BATCH, delete_discarded, discard_attachments
from messaging.models import Attachment
from messaging.uploads.actions import received_bytes
from rooms.errors import NotFound

logger = logging.getLogger(__name__)

LOOK_SECONDS = 3.0
AWAY_SECONDS = 15.0
ABANDONED_EVERY = 600.0
ABANDONED_AFTER = timedelta(hours=24)
BEGUN_WITHIN = timedelta(hours=1)


def delete_abandoned() -> int:
    """Delete uploads without activity for a day, posted ones excepted; return how many."""
    unposted = Attachment.objects.filter(message__isnull=True)
    abandoned = Q(touched_at__lt=timezone.now() - ABANDONED_AFTER) | Q(pk__in=_never_begun(unposted))
    ids = list(unposted.filter(abandoned).values_list("pk", flat=True)[:BATCH])
    if ids:
        with transaction.atomic():
            discard_attachments(unposted.select_for_update().filter(pk__in=ids))
    for path in _unknown_parts():
        _remove(path)
    return len(ids)


def _never_begun(unposted: QuerySet[Attachment]) -> list[UUID]:
    """Uploads without a byte after an hour: the client may never have got their URL, and they count for the quota."""
    old = unposted.filter(ready_at__isnull=True, size__gt=0, touched_at__lt=timezone.now() - BEGUN_WITHIN)
    return [upload.pk for upload in old[:BATCH] if _has_nothing(upload)]


def _has_nothing(upload: Attachment) -> bool:
    """Whether no byte was received here; another server knows about its own uploads."""
    try:
        return received_bytes(upload) == 0
    except NotFound:
        return False


def _unknown_parts() -> Iterator[Path]:
    """Files in UPLOAD_ROOT older than an hour that belong to no unfinished upload."""
    root = Path(settings.UPLOAD_ROOT)
    found = {path: _id_of(path) for path in root.iterdir()} if root.is_dir() else {}
    waiting = Attachment.objects.filter(pk__in=filter(None, found.values()), ready_at__isnull=True)
    known = set(waiting.values_list("pk", flat=True))
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
    """Background task of every process; doing the same twice does no harm. Belongs to one event loop."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sweeper")  # a remote store may be slow
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.wait([self._task])
        self._thread.shutdown(wait=False)

    async def _run(self) -> None:
        ended_at = 0.0
        pause = LOOK_SECONDS
        while True:
            await asyncio.sleep(pause)
            pause = LOOK_SECONDS
            if time.monotonic() - ended_at > ABANDONED_EVERY:
                await self._repeat(delete_abandoned)
                ended_at = time.monotonic()
            if not await self._repeat(delete_discarded):
                pause = AWAY_SECONDS

    async def _repeat(self, delete_batch: Callable[[], int]) -> bool:
        """Repeat until a batch was not full; return False on failure."""
        try:
            while await run_in(self._thread, delete_batch) == BATCH:
                pass
        except OSError as error:  # the store is down
            logger.warning("Files could not be deleted; trying again: %s", error)
            return False
        except Exception:
            logger.exception("Sweeping failed; trying again")
            return False
        return True
