"""Model for messages that people save for themselves."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from messaging.models.message import Message


class SavedMessage(models.Model):
    """A message that a user saved for later. No one else sees it. It is deleted with the message."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_messages", db_index=False)
    message = models.ForeignKey(Message, models.CASCADE, related_name="+")
    saved_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            # Also for the marks of the messages in a page.
            models.UniqueConstraint(fields=["user", "message"], name="saved_message_once"),
        ]
        indexes = [
            # The page of saved messages.
            models.Index(fields=["user", "-saved_at", "-id"], name="saved_messages_of_user"),
        ]

    def __str__(self) -> str:
        return f"message {self.message_id} saved by user {self.user_id}"
