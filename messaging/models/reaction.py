"""The model for reactions to messages."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from messaging.models.message import Message


class Reaction(models.Model):
    """A user's reaction to a message. `emoji` is fully qualified, so that each emoji has one form.

    `Message.reactions` contains the counts. They are written together, with the message's room locked.
    """

    message = models.ForeignKey(Message, models.CASCADE, related_name="+", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    emoji = models.CharField(max_length=32)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            # Also finds a viewer's own reactions, and those of users they block, among a page of messages.
            models.UniqueConstraint(fields=["message", "user", "emoji"], name="reaction_once"),
        ]
        indexes = [
            models.Index(fields=["message", "emoji", "id"], name="reaction_order"),  # who reacted, in order
            models.Index(fields=["user", "id"], name="reaction_of_person"),  # for exports and deleting an account
        ]

    def __str__(self) -> str:
        return f"{self.emoji} by {self.user_id} on message {self.message_id}"
