"""Models for mentions."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from messaging.models.message import Message
from rooms.models import Room


class Mention(models.Model):
    """A person whom a message mentions, or one row for everyone in its room, and one for the people in its groups.

    `room_id` and `seq` are the message's.
    kind: whether the row is for a person, for all members, for those who were online, or for those in groups.
    user: the person, or None.
    online: the ids of the members who were online, or in the groups, each between spaces; " " if there were none. For
        members who were online, "" means that there were too many, and all are meant.
    """

    class Kind(models.TextChoices):
        PERSON = "person"
        ROOM = "room"
        HERE = "here"
        GROUP = "group"

    message = models.ForeignKey(Message, models.CASCADE, related_name="mention_rows")
    room = models.ForeignKey(Room, models.CASCADE, related_name="+")
    seq = models.PositiveBigIntegerField()
    kind = models.CharField(max_length=6, choices=Kind.choices, default=Kind.PERSON, db_default=Kind.PERSON)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+", db_index=False)
    online = models.TextField(blank=True, default="", db_default="")

    class Meta:
        constraints = [
            # Also for someone's mentions, the newest first.
            models.UniqueConstraint(fields=["user", "message"], name="mention_once"),
        ]
        indexes = [
            # Someone's unread mentions in each room.
            models.Index(fields=["user", "room", "seq"], name="mention_unread"),
            # Unread mentions of everyone in a room.
            models.Index(fields=["room", "seq"], name="mention_everyone", condition=Q(user=None)),
            # Mentions of everyone in someone's rooms, the newest first.
            models.Index(fields=["-message"], name="mention_everyone_newest", condition=Q(user=None)),
        ]

    def __str__(self) -> str:
        return f"mention of {self.user_id or self.kind} in message {self.message_id}"


class AddedMention(models.Model):
    """A mention that an edit added to a message which the user had already read, until they have seen it.

    `room_id` and `seq` are the message's. Other mentions are unread if they come after the user's read marker.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    message = models.ForeignKey(Message, models.CASCADE, related_name="+")
    room = models.ForeignKey(Room, models.CASCADE, related_name="+")
    seq = models.PositiveBigIntegerField()

    class Meta:
        constraints = [
            # Also for someone's unread mentions.
            models.UniqueConstraint(fields=["user", "message"], name="added_mention_once"),
        ]

    def __str__(self) -> str:
        return f"mention of user {self.user_id}, added to message {self.message_id}"
