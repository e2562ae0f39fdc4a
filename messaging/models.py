"""Messages with their revisions, attachments and reports, and the work that outlives a request."""

import uuid
from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from rooms.models import MODERATING, Membership, Room


class MessageQuerySet(models.QuerySet["Message"]):
    def complete(self) -> Self:
        """Join everything that a serialized message contains."""
        return self.select_related("sender", "reply_to__sender")

    def seen_by(self, viewer: User | None) -> Self:
        """Leave out messages from people whom the viewer blocks; None leaves out none."""
        return self.exclude(sender__in=viewer.blocked_ids) if viewer is not None and viewer.blocked_ids else self

    def readable_by(self, user: User) -> Self:
        """Messages that this person may read: not deleted, in a room they see, not cleared from their history.

        Those of people they block are left out, except where they moderate the room.
        """
        room = Room.objects.visible_to(user).filter(pk=OuterRef("room"))
        membership = Membership.objects.filter(user=user, room=OuterRef("room"))
        is_cleared = Exists(membership.filter(cleared_seq__gte=OuterRef("seq")))
        readable = self.filter(Exists(room), ~is_cleared, deleted_at__isnull=True)
        if not user.blocked_ids:
            return readable
        is_moderated = Exists(membership.filter(role__in=MODERATING)) & ~Q(room__kind=Room.Kind.DIRECT)
        if user.is_superuser:
            is_moderated |= Q(room__kind=Room.Kind.PUBLIC)
        return readable.filter(~Q(sender__in=user.blocked_ids) | is_moderated)

    def after(self, seq: int) -> Self:
        return self.filter(seq__gt=seq).order_by("seq")

    def before(self, seq: int) -> Self:
        return self.filter(seq__lt=seq).order_by("-seq")

    def changed_since(self, version: int) -> Self:
        return self.filter(version__gt=version).order_by("version")


class Message(models.Model):
    """A message. A deleted one stays as an empty tombstone, so that a room's numbers have no gaps.

    `seq` numbers the room's messages and `version` its changes; both come from the room's row under its lock.
    `fingerprint` tells whether a repeated `client_id` carries the same post. `files` holds the serialized attachments
    as JSON, or is empty, so that reading messages needs no second query.
    """

    room = models.ForeignKey(Room, models.CASCADE, related_name="messages")
    seq = models.PositiveBigIntegerField()
    version = models.PositiveBigIntegerField()
    sender = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="messages", db_index=False)
    client_id = models.UUIDField()
    body = models.TextField(blank=True)
    html = models.TextField(blank=True, editable=False)
    files = models.TextField(blank=True, editable=False)
    fingerprint = models.BinaryField(max_length=16, default=b"", editable=False)
    reply_to = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="replies")
    created_at = models.DateTimeField(default=timezone.now)
    edited_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    pinned_at = models.DateTimeField(null=True, blank=True)
    pinned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )

    objects = MessageQuerySet.as_manager()

    TOMBSTONE = {
        "body": "",
        "html": "",
        "files": "",
        "fingerprint": b"",
        "reply_to": None,
        "pinned_at": None,
        "pinned_by": None,
    }

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sender", "client_id"], name="message_client_id_once"),
            models.UniqueConstraint(fields=["room", "seq"], name="message_seq_once"),  # also pages of history
            models.UniqueConstraint(fields=["room", "version"], name="message_version_once"),  # also the journal
        ]
        indexes = [
            # One person's messages in a room: slow mode, bulk deletion. Also the foreign key's index.
            models.Index(fields=["sender", "room", "seq"], name="message_of_person"),
            # A room's list of pinned messages.
            models.Index(fields=["room", "pinned_at"], name="message_pinned", condition=Q(pinned_at__isnull=False)),
        ]

    def make_tombstone(self, at: datetime) -> None:
        """Empty the message without saving it. The caller deletes its revisions and attachments."""
        for name, value in (self.TOMBSTONE | {"deleted_at": at}).items():
            setattr(self, name, value)

    def __str__(self) -> str:
        return f"message {self.seq} in room {self.room_id}"


class Revision(models.Model):
    """The body of a message before an edit; deleted with the message."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="revisions")
    body = models.TextField()
    written_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"revision of message {self.message_id}"


class AttachmentQuerySet(models.QuerySet["Attachment"]):
    def posted_in(self, room_id: int, *, viewer: User, floor: int = 0) -> Self:
        """Attachments of messages that the viewer sees in a room; `floor`: the number up to which they cleared it."""
        posted = self.filter(room=room_id, message__isnull=False)
        if floor:
            posted = posted.filter(message__seq__gt=floor)
        return posted.exclude(uploader__in=viewer.blocked_ids) if viewer.blocked_ids else posted


class Attachment(models.Model):
    """A file that is being uploaded, waits to be posted, or belongs to a message.

    key: its name in the storage; `renditions` lists the suffixes of files made from it.
    is_placed: it may be in the storage. ready_at: it is there, and can be posted.
    message: None until it is posted.
    touched_at: when it last made progress; abandoned uploads are deleted.
    """

    class Kind(models.TextChoices):
        IMAGE = "image"
        VIDEO = "video"
        AUDIO = "audio"
        TEXT = "text"
        PDF = "pdf"
        OTHER = "other"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    uploader = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="attachments")
    room = models.ForeignKey(Room, models.CASCADE, related_name="attachments", db_index=False)
    message = models.ForeignKey(Message, models.CASCADE, null=True, related_name="attachments")
    position = models.PositiveSmallIntegerField(default=0)
    key = models.CharField(max_length=100, unique=True)
    name = models.CharField(max_length=255)
    name_key = models.CharField(max_length=1020)
    size = models.PositiveBigIntegerField()
    type = models.CharField(max_length=100, default="application/octet-stream")
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
        indexes = [
            models.Index(fields=["room", "-message", "position"], name="attachment_of_room"),  # a room's list of files
            # Unposted attachments, which are deleted when they are abandoned.
            models.Index(fields=["touched_at"], name="attachment_unposted", condition=Q(message__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"attachment {self.pk}"


class DiscardedFile(models.Model):
    """The name of a stored file to delete, recorded in the transaction that deletes its row."""

    name = models.CharField(max_length=110, unique=True)
    due_at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return self.name


class BulkDeletion(models.Model):
    """A job: delete one person's messages in a room, in pieces. See `messaging.moderation.bulk_delete`.

    since: only messages posted from then on; None means all.
    until_seq: the number of the last message to delete; None means the newest.
    done_seq: the number of the last message deleted so far.
    requested_by: the moderator, who must keep the right until the end; None needs no right.
    """

    sender = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    room = models.ForeignKey(Room, models.CASCADE, related_name="bulk_deletions")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")
    since = models.DateTimeField(null=True)
    until_seq = models.PositiveBigIntegerField(null=True)
    done_seq = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"bulk deletion {self.pk}"

    def messages(self) -> MessageQuerySet:
        """Messages still to delete."""
        messages: MessageQuerySet = Message.objects.filter(
            sender=self.sender_id, room=self.room_id, seq__gt=self.done_seq, deleted_at__isnull=True
        )
        if self.until_seq is not None:
            messages = messages.filter(seq__lte=self.until_seq)
        return messages if self.since is None else messages.filter(created_at__gte=self.since)


class Report(models.Model):
    """A report of a message to the admins. It holds no text of the message, so that deleting the message deletes it."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        HANDLED = "handled", _("handled")

    class Outcome(models.TextChoices):
        DISMISSED = "dismissed", _("dismissed")
        DELETED = "deleted", _("message deleted")
        WARNED = "warned", _("author warned")
        SUSPENDED = "suspended", _("author suspended")

    # By outcome, for the reporter.
    OUTCOME_TEXTS = {
        "": _("Waiting for review by an admin."),
        "dismissed": _("Your report was reviewed. No action was taken."),
        "deleted": _("The message you reported was deleted."),
        "warned": _("The author of a message you reported was warned."),
        "suspended": _("The author of a message you reported was suspended."),
    }

    message = models.ForeignKey(Message, models.CASCADE, related_name="reports", db_index=False)
    reporter = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="reports", db_index=False)
    reason = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=7, choices=State.choices, default=State.OPEN)
    outcome = models.CharField(max_length=9, choices=Outcome.choices, blank=True)
    handled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    handled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["message", "reporter"], name="report_once"),
            models.CheckConstraint(
                condition=Q(state="open", outcome="") | (Q(state="handled") & ~Q(outcome="")),
                name="report_outcome_when_handled",
            ),
        ]
        indexes = [
            models.Index(fields=["reporter", "created_at"], name="report_of_person"),  # one's own; the limit per hour
            models.Index(fields=["-state", "created_at"], name="report_queue"),
        ]

    def __str__(self) -> str:
        return f"report {self.pk}"

    @property
    def outcome_text(self) -> str | Promise:
        return self.OUTCOME_TEXTS[self.outcome]

    @property
    def is_open(self) -> bool:
        return self.state == self.State.OPEN
