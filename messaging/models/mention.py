"""The model for mentions."""

from django.conf import settings
from django.db import models

from messaging.models.message import Message
from rooms.models import Room


class Mention(models.Model):
    """A person whom a message mentions. `room_id` and `seq` are those of the message."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="mention_rows")
    room = models.ForeignKey(Room, models.CASCADE, related_name="+")
    seq = models.PositiveBigIntegerField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)

    class Meta:
        constraints = [
            # Also for someone's mentions, the newest first.
            models.UniqueConstraint(fields=["user", "message"], name="mention_once"),
        ]
        indexes = [
            # Someone's unread mentions in each room.
            models.Index(fields=["user", "room", "seq"], name="mention_unread"),
        ]

    def __str__(self) -> str:
        return f"mention of {self.user_id} in message {self.message_id}"
