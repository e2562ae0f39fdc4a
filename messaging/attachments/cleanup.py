"""Files that go: their names are written down in the transaction that removes their rows, and outlive a process that
dies before they are deleted."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from messaging.attachments import storage
from messaging.models import Attachment, DiscardedFile

logger = logging.getLogger(__name__)

AT_ONCE = 50  # files that the one who deletes waits for; a room may have thousands
SLICE = 500
AGAIN_AFTER = timedelta(seconds=15)
# What is only coming may be on its way into a store that takes hours for it, by a process that dies then.
COMING = timedelta(hours=24)


def discard_attachments(attachments: QuerySet[Attachment]) -> None:
    """Remove these rows now, and what is stored of them once the transaction is through."""
    gone = list(attachments.only("key", "renditions", "is_placed", "ready_at"))
    if not gone:
        return
    discard_names([name for each in gone if each.ready_at for name in storage.names_of(each)])
    coming = [name for each in gone if not each.ready_at for name in storage.names_of(each)]
    discard_names(coming, due_at=timezone.now() + COMING)
    for start in range(0, len(gone), SLICE):
        Attachment.objects.filter(pk__in=[each.pk for each in gone[start : start + SLICE]]).delete()


def discard_names(names: Sequence[str], *, due_at: datetime | None = None) -> None:
    """Delete what is stored under these names once the transaction is through, and what may come there until `due_at`
    then. A store elsewhere is not waited for: the sweep, which has a thread of its own, asks it within seconds."""
    rows = [DiscardedFile(name=name, due_at=due_at or timezone.now()) for name in names]
    DiscardedFile.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["name"], update_fields=["due_at"], batch_size=SLICE
    )
    if storage.is_near():
        transaction.on_commit(partial(_delete_now, names[:AT_ONCE]), robust=True)


def delete_discarded() -> int:
    """Delete some of the files whose names are written down and due; return how many there were to do. Raises OSError
    when one cannot be deleted; its turn comes again later."""
    names = list(_due().order_by("due_at", "pk").values_list("name", flat=True)[:AT_ONCE])
    _delete(names)
    return len(names)


def _due() -> QuerySet[DiscardedFile]:
    return DiscardedFile.objects.filter(due_at__lte=timezone.now())


def _delete_now(names: Sequence[str]) -> None:
    try:
        _delete(names)
    except Exception as error:
        logger.warning("some of %d files are deleted later: %s", len(names), error)


def _delete(names: Sequence[str]) -> None:
    done: list[str] = []
    failure: OSError | None = None
    for name in names:
        try:
            storage.take_away([name])
        except OSError as error:
            failure = error
            _due().filter(name=name).update(due_at=timezone.now() + AGAIN_AFTER)
            if not storage.is_near():  # a store that does not answer for one answers for none
                break
        else:
            done.append(name)
    _due().filter(name__in=done).delete()
    if failure is not None:
        raise failure
