"""Actions on threads: follow, unfollow, and mark as read."""

from django.db import transaction

from accounts.models import User
from messaging.errors import NO_MESSAGE
from messaging.history import events
from messaging.history.journal import floor_of
from messaging.history.threads import read_thread
from messaging.models import ThreadFollow
from rooms.errors import NotFound
from rooms.permissions import find_membership


@transaction.atomic
def follow_thread(*, user: User, room_id: int, thread_id: int) -> None:
    """Follow a thread. Following it twice changes nothing."""
    _require_thread(user, room_id, thread_id)
    earlier = ThreadFollow.objects.filter(user=user, thread=thread_id).first()
    if earlier is not None and earlier.is_followed:
        return
    read_seq = 0
    if earlier is not None:
        read_seq = earlier.read_seq
        earlier.delete()  # the newest follows count
    ThreadFollow.objects.create(user=user, thread_id=thread_id, room_id=room_id, read_seq=read_seq)
    events.announce_followed(user.pk, room_id, thread_id)


@transaction.atomic
def unfollow_thread(*, user: User, room_id: int, thread_id: int) -> None:
    """Unfollow a thread, which the user then doesn't follow again by replying."""
    _require_thread(user, room_id, thread_id)
    ThreadFollow.objects.update_or_create(
        user=user, thread_id=thread_id, defaults={"is_followed": False, "room_id": room_id}
    )
    events.announce_unfollowed(user.pk, room_id, thread_id)


@transaction.atomic
def mark_thread_read(*, user: User, thread_id: int, seq: int) -> None:
    """Move the user's read marker of a thread that they follow forward. That of the room stays."""
    follow = ThreadFollow.objects.select_related("room").filter(user=user, thread=thread_id, is_followed=True).first()
    if follow is None:
        return
    seq = min(seq, follow.room.last_seq)
    if ThreadFollow.objects.filter(pk=follow.pk, read_seq__lt=seq).update(read_seq=seq):
        events.announce_thread_read(user.pk, follow.room_id, thread_id, seq)


def _require_thread(user: User, room_id: int, thread_id: int) -> None:
    """Raise NotFound unless the user is in the room and sees the thread."""
    find_membership(user, room_id)
    page = read_thread(room_id, thread_id, viewer=user, floor=floor_of(user, room_id))
    if page is None or (page.root is not None and page.root.thread_id is not None):
        raise NotFound(NO_MESSAGE)
