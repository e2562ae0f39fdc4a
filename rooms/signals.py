"""Signals for apps that depend on rooms.

room_deleting(sender=Room, room): sent inside the transaction, with the room's row locked, before the room is deleted.
    Receivers delete their rows that refer to it.
room_info_requested(sender=Room, room, viewer): a receiver returns {name: value} for the room's information panel,
    counting only what the viewer may see.
rooms_read(sender=Membership, keys): read markers moved forward; `keys` are pairs of (user id, room id). Sent inside the
    transaction.
suppressed_unread_requested(sender=Membership, user_ids): a receiver returns {(user id, room id): number of unread
    messages that do not count, because the user blocks or mutes their authors}.
unread_mentions_requested(sender=Membership, user_ids): a receiver returns {(user id, room id): the numbers of unread
    messages that mention the user, in order}.
"""

from django.dispatch import Signal

room_deleting = Signal()
room_info_requested = Signal()
rooms_read = Signal()
suppressed_unread_requested = Signal()
unread_mentions_requested = Signal()
