"""Deferred deletion of files. Their names are recorded in the transaction that deletes their rows, so that the files
are deleted even if the process dies in between."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from messaging.attachments import storage
from messaging.models import Attachment, AttachmentQuerySet, DiscardedFile

logger = logging.getLogger(__name__)

BATCH = 50  # files deleted before the request returns; a room may have thousands of files
SLICE = 500
RETRY_AFTER = timedelta(seconds=15)
# A process that is shutting down may still be writing to a slow store.
UNFINISHED_FOR = timedelta(hours=24)


def discard_attachments(attachments: AttachmentQuerySet) -> None:
    """Delete these rows now, and their files after the commit."""
    rows = list(attachments.only_stored_names())
    if not rows:
        return
    discard_files([name for each in rows if each.is_ready for name in storage.stored_names(each)])
    unfinished = [name for each in rows if not each.is_ready for name in storage.stored_names(each)]
    discard_files(unfinished, due_at=timezone.now() + UNFINISHED_FOR)
    for start in range(0, len(rows), SLICE):
        Attachment.objects.filter(pk__in=[each.pk for each in rows[start : start + SLICE]]).delete()


def discard_files(names: Sequence[str], *, due_at: datetime | None = None) -> None:
    """Delete these files after the commit, and again at `due_at` in case they have been written in the meantime.

    The sweeper deletes files in a remote store within seconds, in its own thread.
    """
    rows = [DiscardedFile(name=name, due_at=due_at or timezone.now()) for name in names]
    DiscardedFile.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["name"], update_fields=["due_at"], batch_size=SLICE
    )
    if storage.is_local():
        transaction.on_commit(lambda: _delete_now(names[:BATCH]), robust=True)


def delete_discarded() -> int:
    """Delete up to BATCH discarded files that are due, and return their number.

    Raises OSError if a file could not be deleted. Its deletion is retried later.
    """
    names = list(_due().order_by("due_at", "pk").values_list("name", flat=True)[:BATCH])
    _delete(names)
    return len(names)


def _due() -> QuerySet[DiscardedFile]:
    return DiscardedFile.objects.filter(due_at__lte=timezone.now())


def _delete_now(names: Sequence[str]) -> None:
    try:
        _delete(names)
    except Exception as error:
        logger.warning("some of %d files will be deleted later: %s", len(names), error)


def _delete(names: Sequence[str]) -> None:
    done: list[str] = []
    failure: OSError | None = None
    for name in names:
        try:
            storage.delete_files([name])
        except OSError as error:
            failure = error
            _due().filter(name=name).update(due_at=timezone.now() + RETRY_AFTER)
            if not storage.is_local():  # the store is down
                break
        else:
            done.append(name)
    _due().filter(name__in=done).delete()
    if failure is not None:
        raise failure
