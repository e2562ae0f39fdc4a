"""Bulk deletion of a user's messages. Each room has a stored job, which is done in pieces and resumed after a restart.

Moderators start a job for one room. Deleting an account with its messages starts one for each room.
"""

import logging
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction
from django.db.models import F
from django.db.models.lookups import GreaterThan
from django.utils import timezone

from accounts import audit
from accounts.audit import Kind
from accounts.models import User
from live.db_threads import in_writing_thread
from messaging.history import events
from messaging.models import BulkDeletion, Message
from messaging.posting.inserts import store_tombstones
from messaging.posting.reactions import remove_reactions_of
from messaging.posting.tombstones import make_tombstones
from rooms.errors import NotFound, Refusal
from rooms.models import Room
from rooms.permissions import NO_ROOM, lock_room, require_moderator

logger = logging.getLogger(__name__)

PIECE = 100  # messages per transaction, which locks the room

# The periods used in forms and URLs. None means all time.
SPANS: dict[str, timedelta | None] = {"hour": timedelta(hours=1), "day": timedelta(days=1), "all": None}


class DeletionResult(NamedTuple):
    """The number of messages deleted immediately, and the number left for the background job."""

    deleted: int
    remaining: int


def start_of(span: str) -> datetime | None:
    """Return the time at which a span began, or None for all time. Raises KeyError."""
    length = SPANS[span]
    return None if length is None else timezone.now() - length


def delete_messages_of(*, actor: User | None, room: Room, user: User, since: datetime | None = None) -> DeletionResult:
    """Delete a user's messages in a room so far, even if they aren't a member. If `since` is None, delete all of them.

    Up to PIECE messages are deleted immediately, and more of them in the background. `actor` is None for the admin.
    """
    return begin(create_job(actor=actor, room=room, user=user, since=since))


def create_job(
    *, actor: User | None, room: Room, user: User, since: datetime | None = None, delay: timedelta = timedelta()
) -> BulkDeletion:
    """Store a job for the messages posted so far. It starts after `delay` unless it is undone."""
    done_seq = _last_before(room, user, since) if since is not None else 0
    with transaction.atomic():
        room = lock_room(room)
        if actor is not None:
            require_room_moderator(actor, room)
        start = since and since.isoformat(timespec="seconds")
        audit.record(Kind.MESSAGES_DELETED, actor=actor, target=user, room=room.pk, room_name=room.name, since=start)
        return BulkDeletion.objects.create(
            room=room,
            sender=user,
            requested_by=actor,
            since=since,
            until_seq=room.last_seq,
            done_seq=done_seq,
            starts_at=timezone.now() + delay,
        )


def begin(job: BulkDeletion) -> DeletionResult:
    """Delete up to PIECE messages now. If there are more, leave all of them to the background."""
    count = job.messages().count()
    if count > PIECE:
        return DeletionResult(0, count)
    delete_piece(job.pk)
    return DeletionResult(count, 0)


def _last_before(room: Room, user: User, since: datetime) -> int:
    """Return the `seq` before that of the user's first message in the period, or the room's last one.

    No index contains the time, so this reads all of the user's messages in the room, which takes too long under a lock.
    """
    newest = Room.objects.filter(pk=room.pk).values_list("last_seq", flat=True).first() or 0
    posted = Message.objects.filter(sender=user, room=room, created_at__gte=since).order_by("seq")
    first = posted.values_list("seq", flat=True).first()
    return newest if first is None else first - 1


def delete_next_piece() -> bool:
    """Work on the oldest job; return False if there is none."""
    job_id = next_job(after=0)
    if job_id is None:
        return False
    delete_piece(job_id)
    return True


def next_job(after: int) -> int | None:
    """Return the id of the job that follows the one with the id `after`, the first job after the last, or None.

    Jobs that can still be undone are left out.
    """
    follows: GreaterThan = GreaterThan(F("pk"), after)
    due = BulkDeletion.objects.filter(starts_at__lte=timezone.now())
    return due.order_by(follows.desc(), "pk").values_list("pk", flat=True).first()


@transaction.atomic
def delete_piece(job_id: int) -> None:
    """Delete a job's next messages. Delete the job when none are left or its moderator has lost their permission."""
    # Lock the room first, like posts and deletions of rooms.
    room = Room.objects.select_for_update().filter(bulk_deletions=job_id).first()
    job = BulkDeletion.objects.select_for_update(of=("self",)).select_related("requested_by").filter(pk=job_id).first()
    if room is None or job is None:
        return
    try:
        if job.requested_by is not None:
            require_room_moderator(job.requested_by, room)
    except Refusal:
        logger.warning("bulk deletion %d ends: user %d may no longer moderate", job.pk, job.requested_by_id)
        job.delete()
        return
    messages = list(job.messages().complete().order_by("seq")[:PIECE])
    _delete(messages, room)
    if len(messages) < PIECE:
        if not job.is_erasure or remove_reactions_of(job.sender_id, room.pk, limit=PIECE) < PIECE:
            job.delete()
    else:
        BulkDeletion.objects.filter(pk=job.pk).update(done_seq=messages[-1].seq)


def require_room_moderator(actor: User, room: Room) -> None:
    """Like `require_moderator`, but a room that the actor may no longer see doesn't exist for them."""
    if not actor.is_active or not Room.objects.visible_to(actor).filter(pk=room.pk).exists():
        raise NotFound(NO_ROOM)
    require_moderator(actor, room)


def _delete(messages: list[Message], room: Room) -> None:
    """Make tombstones, each with its own version, as if they were deleted one by one."""
    if not messages:
        return
    make_tombstones(messages)
    for version, message in enumerate(messages, start=room.version + 1):
        message.version = version
    store_tombstones(messages)
    Room.objects.filter(pk=room.pk).update(version=F("version") + len(messages))
    events.announce_changed(*messages)


class BulkDeletionTurns:
    """Works on the jobs in turns by pieces, so one that is long or that fails doesn't hold up the others."""

    def __init__(self) -> None:
        self._last_job = 0

    async def work(self) -> bool:
        """Delete a piece of the next job. Return False if there is none."""
        job_id = await in_writing_thread(next_job, self._last_job)
        if job_id is None:
            return False
        self._last_job = job_id
        await in_writing_thread(delete_piece, job_id)
        return True
