"""The model for drafts."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from messaging.models.message import Message
from rooms.models import Room


class RoomDraft(models.Model):
    """A user's unfinished message in a room, which all of their devices share. Without text, it was sent or deleted.

    version: counts the changes, so that a device finds out whether it has changed the newest text.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    room = models.ForeignKey(Room, models.CASCADE, related_name="+")
    body = models.TextField(blank=True)
    reply_to = models.ForeignKey(Message, models.SET_NULL, null=True, related_name="+")
    version = models.PositiveBigIntegerField(default=0)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "room"], name="draft_once")]

    @property
    def is_empty(self) -> bool:
        return not self.body and self.reply_to_id is None

    def __str__(self) -> str:
        return f"draft of {self.user_id} in room {self.room_id}"
