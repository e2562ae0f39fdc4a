"""The model for scheduled messages."""

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from messaging.models.message import Message
from rooms.models import Room

MAX_PROBLEM = 300  # characters
DELAY_SHOWN_FROM = timedelta(minutes=1)


class ScheduledMessage(models.Model):
    """A message that will be posted at a certain time. The transaction that posts it also deletes this row.

    client_id: identifies the message and, once it is posted, its post.
    room: None once the room has been deleted.
    post_at: the time chosen by the sender. attempt_at: when to try to post it, or None while that is refused.
    problem: why it was refused, in the sender's language, or "".
    revision: counts the changes, so that a change can't be missed while the message is being posted.
    """

    sender = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    room = models.ForeignKey(Room, models.SET_NULL, null=True, related_name="+")
    client_id = models.UUIDField(default=uuid.uuid4)
    body = models.TextField()
    reply_to = models.ForeignKey(Message, models.SET_NULL, null=True, related_name="+")
    post_at = models.DateTimeField()
    attempt_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=MAX_PROBLEM, blank=True)
    revision = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            # Also for finding one, and all of a sender's.
            models.UniqueConstraint(fields=["sender", "client_id"], name="scheduled_message_once"),
        ]
        indexes = [
            # Those that are due.
            models.Index(fields=["attempt_at"], name="scheduled_message_due", condition=Q(attempt_at__isnull=False)),
        ]

    @property
    def is_refused(self) -> bool:
        """True if it won't be posted unless the sender changes it."""
        return self.attempt_at is None or self.room_id is None

    @property
    def is_delayed(self) -> bool:
        """True if slow mode or a limit delays it, rather than only the server's work."""
        return self.attempt_at is not None and self.attempt_at > self.post_at + DELAY_SHOWN_FROM

    def __str__(self) -> str:
        return f"message of user {self.sender_id} scheduled for {self.post_at:%Y-%m-%d %H:%M}"
