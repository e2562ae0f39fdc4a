"""The threads that the account follows, and what is unread in them."""

from collections.abc import Iterable

from chatsite_client.models import FollowedThreads, UnreadThread


class Threads:
    """Threads are known by the ids of their first messages."""

    def __init__(self) -> None:
        self.followed: set[int] = set()
        self.unread: dict[int, UnreadThread] = {}

    def replace(self, threads: FollowedThreads) -> None:
        """Take over the state of a new connection."""
        self.followed = set(threads.followed)
        self.unread = {each.thread: each for each in threads.unread}

    def follow(self, thread: int, room: int, seqs: Iterable[int]) -> None:
        """Follow a thread that has unread replies with these numbers."""
        self.followed.add(thread)
        for seq in seqs:
            self.count(thread, room, seq)

    def unfollow(self, thread: int) -> None:
        self.followed.discard(thread)
        self.unread.pop(thread, None)

    def count(self, thread: int, room: int, seq: int) -> None:
        """Count an unread reply, unless it was counted before."""
        if thread not in self.followed:
            return
        unread = self.unread.setdefault(thread, UnreadThread(thread=thread, room=room))
        if seq > unread.last_seq:
            unread.unread, unread.last_seq = unread.unread + 1, seq

    def mark_read(self, thread: int, seq: int) -> None:
        if thread in self.unread and self.unread[thread].last_seq <= seq:
            del self.unread[thread]

    def mark_room_read(self, room: int, seq: int) -> None:
        """Mark the replies in a room as read, because its messages were."""
        for unread in [each for each in self.unread.values() if each.room == room]:
            self.mark_read(unread.thread, seq)

    def forget_room(self, room: int) -> None:
        """Forget what is unread in a room that isn't among the account's anymore."""
        self.unread = {thread: each for thread, each in self.unread.items() if each.room != room}
