"""The model for threads that people follow."""

from django.conf import settings
from django.db import models

from messaging.models.message import Message
from rooms.models import Room


class ThreadFollow(models.Model):
    """A thread that a user follows, or has unfollowed.

    The author, those who reply and those mentioned follow by themselves.

    thread: its first message. `room` is its room.
    is_followed: False once they unfollowed it, so that they don't follow it again by themselves.
    read_seq: they have read the thread up to this message. They have also read what is before the room's read marker.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    thread = models.ForeignKey(Message, models.CASCADE, related_name="+")
    room = models.ForeignKey(Room, models.CASCADE, related_name="+")
    is_followed = models.BooleanField(default=True)
    read_seq = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [
            # Also for all threads that someone follows.
            models.UniqueConstraint(fields=["user", "thread"], name="thread_follow_once"),
        ]

    def __str__(self) -> str:
        return f"thread {self.thread_id} followed by user {self.user_id}"
