"""How the read marker of a room, and the mentions that are unread in it, move."""

from chatsite_client import events
from chatsite_client.models import Room


def mark_read(room: Room, seq: int) -> None:
    """Move a room's read marker forward, and count what is left.

    Mentions that edits have added stay unread until they have been seen, wherever the marker is.
    """
    if seq <= room.last_read_seq:
        return
    read = range(room.last_read_seq + 1, seq + 1)
    room.last_read_seq = seq
    room.unread = min(room.unread, max(0, room.last_seq - seq))
    _set_mentions(room, [each for each in room.mention_seqs if each not in read])


def mark_unread(room: Room, event: events.RoomUnread) -> None:
    """Move a room's read marker back."""
    room.last_read_seq, room.marked_unread_at = event.seq - 1, event.marked_unread_at
    room.unread = room.last_seq - event.seq + 1
    _set_mentions(room, event.mention_seqs)


def add_mention(room: Room, seq: int) -> None:
    """Count a mention that an edit has added to a message that was read."""
    _set_mentions(room, sorted({*room.mention_seqs, seq}))


def remove_mentions(room: Room, seqs: list[int]) -> None:
    _set_mentions(room, [each for each in room.mention_seqs if each not in seqs])


def _set_mentions(room: Room, seqs: list[int]) -> None:
    room.mention_seqs, room.unread_mentions = seqs, len(seqs)
