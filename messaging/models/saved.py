"""Model for messages that people save for themselves, with reminders."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from messaging.models.message import Message


class SavedMessage(models.Model):
    """A message that a user saved for later. No one else sees it. It is deleted with the message.

    listed_at: when it was saved or its last reminder was due, for the order of the list.
    remind_at: when the user will be reminded, or None.
    due_at: when they were reminded, or None. `has_notice`: whether they haven't dismissed this reminder.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_messages", db_index=False)
    message = models.ForeignKey(Message, models.CASCADE, related_name="+")
    saved_at = models.DateTimeField(default=timezone.now)
    listed_at = models.DateTimeField(default=timezone.now)
    remind_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    has_notice = models.BooleanField(default=False)

    class Meta:
        constraints = [
            # Also for the marks of the messages in a page.
            models.UniqueConstraint(fields=["user", "message"], name="saved_message_once"),
        ]
        indexes = [
            # The page of saved messages.
            models.Index(fields=["user", "-listed_at", "-id"], name="saved_messages_listed"),
            # The reminders that are due.
            models.Index(fields=["remind_at"], name="saved_message_reminders", condition=Q(remind_at__isnull=False)),
            # The reminders that a user hasn't dismissed, for each page that connects.
            models.Index(fields=["user"], name="saved_message_notices", condition=Q(has_notice=True)),
        ]

    def __str__(self) -> str:
        return f"message {self.message_id} saved by user {self.user_id}"
