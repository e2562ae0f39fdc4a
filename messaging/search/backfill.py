"""Indexes existing messages in the background, newest first, and removes those of deleted rooms.

Both are done in pieces, each in a short transaction, so that posting continues, and are resumed after a restart.
Messages that are posted meanwhile are indexed by their own transaction; one that is indexed twice has one entry.
"""

from typing import NamedTuple

from django.db import transaction
from django.db.models import Max

from accounts.sql import fetch, table
from live.db_threads import in_writing_thread
from messaging.models import Message, SearchBackfill, SearchRemoval
from messaging.search.engines import engine
from messaging.search.entry import room_fact
from messaging.search.expression import Expression, tokens
from messaging.search.index import index_messages, remove_messages

PIECE = 200  # messages per transaction
FIELDS = (
    "room",
    "sender",
    "created_at",
    "body",
    "html",
    "files",
    "reactions",
    "mentions",
    "reply_to",
    "edited_at",
    "pinned_at",
    "deleted_at",
)
HIGHEST_ID = 2**62


class Progress(NamedTuple):
    """How far the indexing of existing messages is. `done` and `total` count ids."""

    done: int
    total: int

    @property
    def percent(self) -> int:
        return 100 * self.done // max(1, self.total)


def progress() -> Progress | None:
    """Return the progress, or None if all messages are indexed."""
    jobs = fetch(f"SELECT top, below FROM {table(SearchBackfill)} ORDER BY id DESC LIMIT 1", ())  # noqa: S608
    if not jobs:
        return None
    [(top, below)] = jobs
    return Progress(0, _next_id()) if top is None or below is None else Progress(top - below, top)


@transaction.atomic
def rebuild() -> None:
    """Empty the index and start to fill it again."""
    SearchBackfill.objects.all().delete()
    SearchRemoval.objects.all().delete()
    engine().clear()
    SearchBackfill.objects.create()


@transaction.atomic
def index_piece() -> bool:
    """Index the next messages. Return False if all are indexed."""
    job = SearchBackfill.objects.select_for_update().order_by("-pk").first()
    if job is None:
        return False
    if job.below is None:
        # Now rather than when it was created: during an upgrade, a server of the previous version may still be posting.
        job.top = job.below = _next_id()
    messages = _lock_below(job.below)
    index_messages([message for message in messages if message.deleted_at is None])
    if len(messages) < PIECE:
        SearchBackfill.objects.all().delete()
        return False
    job.below = messages[0].pk
    job.save()
    return True


@transaction.atomic
def remove_piece() -> bool:
    """Remove the next messages of a deleted room from the index. Return False if there are none."""
    job = SearchRemoval.objects.select_for_update().order_by("pk").first()
    if job is None:
        return False
    found = engine().probe(Expression((tokens(room_fact(job.room_id)),)), 0, HIGHEST_ID, PIECE)
    remove_messages(found)
    if len(found) < PIECE:
        job.delete()
    return True


def _next_id() -> int:
    return (Message.objects.aggregate(newest=Max("pk"))["newest"] or 0) + 1


def _lock_below(message_id: int) -> list[Message]:
    """Return the next messages below an id, in ascending order, and lock them, so that none is being edited."""
    ids = list(Message.objects.filter(pk__lt=message_id).order_by("-pk").values_list("pk", flat=True)[:PIECE])
    messages = Message.objects.filter(pk__in=ids).order_by("pk").only(*FIELDS)
    return list(messages.select_for_update(no_key=True))


async def work() -> bool:
    """Do the next piece of work, or return False if there is none. The processes take turns by locking the job."""
    if not await in_writing_thread(has_work):
        return False
    return bool(await in_writing_thread(index_piece)) or bool(await in_writing_thread(remove_piece))


def has_work() -> bool:
    """Return whether there is anything to do, without locking the database."""
    return SearchBackfill.objects.exists() or SearchRemoval.objects.exists()
