"""Files that go: their names are written down in the transaction that removes their rows, and outlive a process that
dies before they are deleted."""

import logging
from collections.abc import Sequence
from functools import partial

from django.db import transaction
from django.db.models import QuerySet

from messaging.files import shelf
from messaging.models import Attachment, DiscardedFile

logger = logging.getLogger(__name__)

AT_ONCE = 50  # files that the one who deletes waits for; a room may have thousands
SLICE = 500


def discard_attachments(attachments: QuerySet[Attachment]) -> None:
    """Remove these rows now, and what is stored of them once the transaction is through."""
    gone = list(attachments.only("key", "renditions", "ready_at"))
    if not gone:
        return
    discard_names([name for attachment in gone for name in shelf.names_of(attachment)])
    for start in range(0, len(gone), SLICE):
        Attachment.objects.filter(pk__in=[each.pk for each in gone[start : start + SLICE]]).delete()


def discard_names(names: Sequence[str]) -> None:
    """Delete what is stored under these names once the transaction is through. A store elsewhere is not waited for:
    the sweep, which has a thread of its own, asks it within seconds."""
    DiscardedFile.objects.bulk_create([DiscardedFile(name=name) for name in names], ignore_conflicts=True)
    if shelf.is_near():
        transaction.on_commit(partial(_delete_now, names[:AT_ONCE]), robust=True)


def delete_discarded() -> int:
    """Delete some of the files whose names are written down; return how many there were to do. Raises OSError when one
    cannot be deleted; it then stands behind all others."""
    names = list(DiscardedFile.objects.order_by("pk").values_list("name", flat=True)[:AT_ONCE])
    _delete(names)
    return len(names)


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
            shelf.take_away([name])
        except OSError as error:
            failure = error
            _defer(name)
            if not shelf.is_near():  # a store that does not answer for one answers for none
                break
        else:
            done.append(name)
    DiscardedFile.objects.filter(name__in=done).delete()
    if failure is not None:
        raise failure


@transaction.atomic
def _defer(name: str) -> None:
    DiscardedFile.objects.filter(name=name).delete()
    DiscardedFile.objects.create(name=name)
