"""Room events: changes of a room or its members, shown between the messages."""

from datetime import timedelta
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

KEPT = timedelta(days=90)


class RoomEventQuerySet(models.QuerySet["RoomEvent"]):
    def outdated(self) -> Self:
        return self.filter(at__lt=timezone.now() - KEPT)


class RoomEvent(models.Model):
    """A change of a room or its members. It isn't a message: it has no number and is never unread.

    after_seq: the number of the room's latest message at that time. It places the event in the conversation.
    actor: the user who made the change, or null for the admin site, the command line and moderation.
    subject: the user who joined, left, or was added or removed.
    text: the new name, topic or kind of the room.
    message_seq: the number of the pinned message.
    message: while it is being recorded, the pinned message as in the live event: {id, sender}.
    """

    message: dict[str, Any] | None = None

    class Kind(models.TextChoices):
        JOINED = "joined", _("Joined")
        ADDED = "added", _("Added")
        LEFT = "left", _("Left")
        REMOVED = "removed", _("Removed")
        RENAMED = "renamed", _("Renamed")
        TOPIC = "topic", _("Topic changed")
        VISIBILITY = "visibility", _("Visibility changed")
        ARCHIVED = "archived", _("Archived")
        UNARCHIVED = "unarchived", _("Unarchived")
        PINNED = "pinned", _("Message pinned")
        CONVERTED = "converted", _("Made a private room")

    room = models.ForeignKey("rooms.Room", models.CASCADE, related_name="room_events", db_index=False)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")
    subject = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")
    text = models.CharField(max_length=250, blank=True)
    message_seq = models.PositiveBigIntegerField(null=True)
    after_seq = models.PositiveBigIntegerField()
    at = models.DateTimeField()

    objects = RoomEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("room event")
        verbose_name_plural = _("room events")
        indexes = [
            # The first is for reading a page of history, the second for recording an event.
            models.Index(fields=["room", "after_seq"], name="room_event_place"),
            models.Index(fields=["room", "at"], name="room_event_time"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} in {self.room_id}"

    def supersedes(self) -> Q:
        """Return the condition for earlier events that this one makes obsolete."""
        if self.kind in _MEMBERSHIP:
            return Q(kind__in=_MEMBERSHIP, subject=self.subject_id)
        if self.kind == self.Kind.PINNED:
            return Q(kind=self.kind, message_seq=self.message_seq)
        return Q(kind__in=_ARCHIVING if self.kind in _ARCHIVING else [self.kind], actor=self.actor_id)


_MEMBERSHIP = [
    RoomEvent.Kind.JOINED.value,
    RoomEvent.Kind.ADDED.value,
    RoomEvent.Kind.LEFT.value,
    RoomEvent.Kind.REMOVED.value,
]
_ARCHIVING = [RoomEvent.Kind.ARCHIVED.value, RoomEvent.Kind.UNARCHIVED.value]
