"""Images of link previews: opened in the sandbox, and stored as WebP of a limited size.

The name of a file is recorded as that of a file to delete, before the file is stored. It is removed from there in the
transaction that stores the preview, so nothing is left behind by a process that dies in between.
"""

import asyncio
import secrets
import shutil
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

from django.conf import settings
from django.utils import timezone

from live.db_threads import in_writing_thread
from messaging.attachments import limits, media_types, storage
from messaging.attachments.cleanup import discard_files
from messaging.attachments.sandbox.dimensions import THUMBNAIL, fit_size
from messaging.attachments.sandbox.inspector import Inspector
from messaging.models import DiscardedFile

MAX_STORED = 500_000  # bytes
LEAST_SIDE = 32  # pixels; smaller images are icons and markers
DISCARDED_AFTER = timedelta(hours=1)


class StoredImage(NamedTuple):
    """A stored file. `width`, `height`: of the image in it."""

    name: str
    width: int
    height: int


async def store_image(inspector: Inspector, content: bytes, user_id: int) -> StoredImage | None:
    """Store an image smaller. Return None if it can't be opened. Users only wait for their own images.

    Raises Busy, InspectorStopped or OSError.
    """
    if media_types.type_of(content[: media_types.HEAD]) not in media_types.RENDERED:
        return None
    path = Path(settings.UPLOAD_ROOT) / str(uuid4())
    folder = path.with_suffix(".made")
    try:
        if not await asyncio.to_thread(_write, path, content):
            return None
        inspection = await inspector.inspect(path, "", folder, user_id, renditions=["thumbnail"])
        if inspection.width is None or inspection.height is None or "thumbnail" not in inspection.renditions:
            return None
        size = fit_size((inspection.width, inspection.height), THUMBNAIL)
        return await in_writing_thread(_store, inspection.renditions["thumbnail"], size)
    finally:
        await asyncio.to_thread(_remove, path, folder)


def keep_image(image: StoredImage) -> bool:
    """Return whether the file is still there, and let it stay. Must be called in a transaction."""
    return bool(DiscardedFile.objects.filter(name=image.name).delete()[0])


def _write(path: Path, content: bytes) -> bool:
    """Return False if the disk is nearly full."""
    if limits.is_disk_full(len(content)):
        return False
    path.write_bytes(content)
    return True


def _store(thumbnail: Path, size: tuple[int, int]) -> StoredImage | None:
    if thumbnail.stat().st_size > MAX_STORED or min(size) < LEAST_SIDE:
        return None
    name = secrets.token_hex(20)
    name = f"{storage.PREVIEW_FOLDER}/{name[:2]}/{name}"
    discard_files([name], due_at=timezone.now() + DISCARDED_AFTER)
    storage.save_file(name, thumbnail)
    return StoredImage(name, *size)


def _remove(path: Path, folder: Path) -> None:
    path.unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
