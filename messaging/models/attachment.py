"""Models for attachments and for stored files to delete."""

import uuid
from typing import Any, Self

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q, Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from messaging.models.message import Message
from rooms.models import Room


class AttachmentQuerySet(models.QuerySet["Attachment"]):
    """The states of attachments, which are listed in messaging/attachments/__init__.py."""

    def unfinished(self) -> Self:
        return self.filter(ready_at__isnull=True)

    def ready(self) -> Self:
        """Return the attachments whose files are stored, whether or not they are posted."""
        return self.filter(ready_at__isnull=False)

    def unposted(self) -> Self:
        return self.filter(message__isnull=True)

    def posted(self) -> Self:
        return self.filter(message__isnull=False)

    def only_stored_names(self) -> Self:
        """Load only the fields used by `storage.stored_names`."""
        return self.only("key", "renditions", "is_placed", "ready_at")

    @transaction.atomic
    def delete(self) -> tuple[int, dict[str, int]]:
        """Delete these attachments and subtract their sizes from the total.

        They are locked first. Otherwise, two transactions that delete the same one would both subtract its size.
        """
        sizes = dict(self.order_by("pk").select_for_update().values_list("pk", "size"))
        StorageChange.objects.record(-sum(sizes.values()))
        return models.QuerySet.delete(self.model._default_manager.filter(pk__in=sizes))

    delete.alters_data = True  # type: ignore[attr-defined]
    delete.queryset_only = True  # type: ignore[attr-defined]

    def posted_in(self, room_id: int, *, viewer: User, floor: int = 0) -> Self:
        """Return attachments of a room's messages visible to the viewer, who cleared messages up to number `floor`."""
        posted = self.posted().filter(room=room_id)
        if floor:
            posted = posted.filter(message__seq__gt=floor)
        return posted.exclude(uploader__in=viewer.blocked_ids) if viewer.blocked_ids else posted


class StorageChangeManager(models.Manager["StorageChange"]):
    def record(self, size: int) -> None:
        if size:
            self.create(bytes=size)

    def total(self) -> int:
        """Return the size of all attachments, including uploads in progress."""
        return self.aggregate(total=Sum("bytes"))["total"] or 0

    @transaction.atomic
    def merge(self, limit: int) -> int:
        """Replace up to `limit` changes with their sum, so that the total stays quick to read. Return their number."""
        changes = list(self.select_for_update().order_by("pk")[:limit])
        if len(changes) > 1:
            self.filter(pk__in=[change.pk for change in changes]).delete()
            self.record(sum(change.bytes for change in changes))
        return len(changes)


class StorageChange(models.Model):
    """A change in the total size of all attachments, which is the sum of these rows.

    Summing the attachments themselves would hold the write lock for too long. A single row with the total would be
    locked by every transaction that deletes files, and these could deadlock.
    """

    bytes = models.BigIntegerField()

    objects = StorageChangeManager()

    def __str__(self) -> str:
        return f"{self.bytes:+} bytes"


class Attachment(models.Model):
    """A file that is being uploaded, waits to be posted, or belongs to a message.

    key: the file's name in the storage. `renditions` lists the suffixes of files derived from it.
    is_placed: true if the file may be in the storage. ready_at: when the file was stored and could be posted.
    message: None until the file is posted.
    touched_at: when the upload last made progress. Abandoned uploads are deleted.
    """

    class Kind(models.TextChoices):
        IMAGE = "image"
        VIDEO = "video"
        AUDIO = "audio"
        TEXT = "text"
        PDF = "pdf"
        OTHER = "other"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    uploader = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="attachments", db_index=False)
    room = models.ForeignKey(Room, models.CASCADE, related_name="attachments", db_index=False)
    message = models.ForeignKey(Message, models.CASCADE, null=True, related_name="attachments")
    position = models.PositiveSmallIntegerField(default=0)
    key = models.CharField(max_length=100, unique=True)
    name = models.CharField(_("name"), max_length=255)
    name_key = models.CharField(max_length=1020)
    size = models.PositiveBigIntegerField()
    type = models.CharField(_("type"), max_length=100, default="application/octet-stream")
    kind = models.CharField(max_length=5, choices=Kind.choices, default=Kind.OTHER)
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    lines = models.PositiveIntegerField(null=True)
    preview = models.TextField(blank=True)
    renditions = models.CharField(max_length=40, blank=True)
    alt = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    touched_at = models.DateTimeField(default=timezone.now)
    is_placed = models.BooleanField(default=False)
    ready_at = models.DateTimeField(null=True)

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("file")
        verbose_name_plural = _("files")
        indexes = [
            models.Index(fields=["room", "-message", "position"], name="attachment_of_room"),  # for lists of files
            # For finding abandoned attachments, which are deleted.
            models.Index(fields=["touched_at"], name="attachment_unposted", condition=Q(message__isnull=True)),
            # Covering indexes for both limits of a user. The first one also serves the foreign key.
            models.Index(fields=["uploader", "size"], name="attachment_quota"),
            models.Index(fields=["uploader"], name="attachment_unposted_of", condition=Q(message__isnull=True)),
        ]

    @transaction.atomic
    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save the attachment and, if it is new, add its size to the total."""
        is_new = self._state.adding
        super().save(*args, **kwargs)
        if is_new:
            StorageChange.objects.record(self.size)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        return Attachment.objects.filter(pk=self.pk).delete()

    def __str__(self) -> str:
        return f"attachment {self.pk}"

    @property
    def is_ready(self) -> bool:
        """True if the file is stored, whether or not it is posted."""
        return self.ready_at is not None

    @property
    def is_posted(self) -> bool:
        return self.message_id is not None


class DiscardedFile(models.Model):
    """The name of a stored file to delete, recorded in the transaction that deletes its row."""

    name = models.CharField(max_length=110, unique=True)
    due_at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return self.name
