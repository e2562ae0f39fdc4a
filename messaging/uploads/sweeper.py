"""What is left over of files goes: those to be deleted that a process died over, those that nobody posted, and bytes
whose upload is not known any more."""

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
from messaging.attachments.cleanup import AT_ONCE, delete_discarded, discard_attachments
from messaging.models import Attachment
from messaging.uploads.actions import received
from rooms.errors import NotFound

logger = logging.getLogger(__name__)

LOOK_SECONDS = 3.0
AWAY_SECONDS = 15.0
FORGOTTEN_EVERY = 600.0
FORGOTTEN_AFTER = timedelta(hours=24)
BEGUN_WITHIN = timedelta(hours=1)


def end_forgotten() -> int:
    """Give up what was not posted for a day since it was last heard of; return how many files that were."""
    unposted = Attachment.objects.filter(message__isnull=True)
    forgotten = Q(touched_at__lt=timezone.now() - FORGOTTEN_AFTER) | Q(pk__in=_never_begun(unposted))
    ids = list(unposted.filter(forgotten).values_list("pk", flat=True)[:AT_ONCE])
    if ids:
        with transaction.atomic():
            discard_attachments(unposted.select_for_update().filter(pk__in=ids))
    for path in _unknown_parts():
        _remove(path)
    return len(ids)


def _never_begun(unposted: QuerySet[Attachment]) -> list[UUID]:
    """Places whose sender perhaps was never told of them: they count for the quota, and nobody sees why."""
    old = unposted.filter(ready_at__isnull=True, size__gt=0, touched_at__lt=timezone.now() - BEGUN_WITHIN)
    return [upload.pk for upload in old[:AT_ONCE] if _has_nothing(upload)]


def _has_nothing(upload: Attachment) -> bool:
    """Where its bytes gather on another server, that one knows."""
    try:
        return received(upload) == 0
    except NotFound:
        return False


def _unknown_parts() -> Iterator[Path]:
    """What lies in UPLOAD_ROOT and belongs to no upload that still comes; not what was only just begun."""
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
    """Belongs to the loop that it was made on; every process has one, and to do the same twice does no harm."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sweeper")  # a store may be slow
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
            if time.monotonic() - ended_at > FORGOTTEN_EVERY:
                await self._repeat(end_forgotten)
                ended_at = time.monotonic()
            if not await self._repeat(delete_discarded):
                pause = AWAY_SECONDS

    async def _repeat(self, piece: Callable[[], int]) -> bool:
        """Until a piece was not full; False when it failed."""
        try:
            while await run_in(self._thread, piece) == AT_ONCE:
                pass
        except OSError as error:  # what a store that is away is told by
            logger.warning("files could not be deleted; trying again: %s", error)
            return False
        except Exception:
            logger.exception("files could not be swept; trying again")
            return False
        return True
