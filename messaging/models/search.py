"""Models for message search. The index is a separate table in each database (see messaging/search)."""

from django.db import models
from django.db.models import Q

from messaging.models.attachment import Attachment


class AttachmentText(models.Model):
    """The tokens of a text file, separated by spaces, which are indexed when the file is posted."""

    attachment = models.OneToOneField(Attachment, models.CASCADE, primary_key=True, related_name="text")
    tokens = models.TextField()

    def __str__(self) -> str:
        return f"text of attachment {self.attachment_id}"


class SearchBackfill(models.Model):
    """A job that indexes the messages with ids lower than `below`, newest first. There is none once all are indexed.

    top: the id above the newest message that the job indexes. Both are null until it begins.
    """

    top = models.PositiveBigIntegerField(null=True)
    below = models.PositiveBigIntegerField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(top__isnull=True, below__isnull=True) | Q(top__gte=models.F("below")),
                name="search_backfill_goes_down",
            )
        ]

    def __str__(self) -> str:
        return f"indexing of messages below {self.below}"


class SearchRemoval(models.Model):
    """A deleted room whose messages are still to be removed from the index, a few at a time."""

    room_id = models.PositiveBigIntegerField(unique=True)

    def __str__(self) -> str:
        return f"removal of room {self.room_id} from the index"
