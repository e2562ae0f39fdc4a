"""What was said, and what it said before it was edited; what was sent with it."""

import uuid
from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from rooms.models import Room


class MessageQuerySet(models.QuerySet["Message"]):
    def complete(self) -> Self:
        """With all that an event shows of a message, in one query."""
        return self.select_related("sender", "reply_to__sender")

    def seen_by(self, viewer: User | None) -> Self:
        """Without what was written by people whom the viewer blocks; None is everybody."""
        return self.exclude(sender__in=viewer.blocked_ids) if viewer is not None and viewer.blocked_ids else self

    def after(self, seq: int) -> Self:
        return self.filter(seq__gt=seq).order_by("seq")

    def before(self, seq: int) -> Self:
        return self.filter(seq__lt=seq).order_by("-seq")

    def changed_since(self, version: int) -> Self:
        return self.filter(version__gt=version).order_by("version")


class Message(models.Model):
    """One message. A deleted one stays as an empty tombstone, so that the numbers keep no hole.

    `seq` numbers the room's messages and `version` its changes; both come from the room's row under
    its lock. `fingerprint` tells whether a repeated `client_id` carries the same post; it goes when
    the message is deleted. `files` is what is shown of its attachments, as JSON, or empty: whoever reads
    messages needs no query more for the few that have some.
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

    own_text = ""  # this message as its sender sees it, in JSON, where it was made for its event already
    # What is left of a deleted message's fields.
    EMPTY = {
        "body": "",
        "html": "",
        "files": "",
        "fingerprint": b"",
        "reply_to": None,
        "pinned_at": None,
        "pinned_by": None,
    }

    is_repeat = False  # the answer to a post that was stored before

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sender", "client_id"], name="message_client_id_once"),
            models.UniqueConstraint(fields=["room", "seq"], name="message_seq_once"),  # also history's pages
            models.UniqueConstraint(fields=["room", "version"], name="message_version_once"),  # also the journal
        ]
        indexes = [
            # What one person said in one room: slow mode, removing it all. Also the index of the foreign key.
            models.Index(fields=["sender", "room", "seq"], name="message_of_person"),
            # The few that are pinned, for the list of a room's.
            models.Index(fields=["room", "pinned_at"], name="message_pinned", condition=Q(pinned_at__isnull=False)),
        ]

    def empty(self, at: datetime) -> None:
        """Make this a tombstone, not yet stored: its number stays, and nothing else of what was said. Its revisions and
        attachments are the caller's to delete."""
        for name, value in (self.EMPTY | {"deleted_at": at}).items():
            setattr(self, name, value)

    def __str__(self) -> str:
        return f"message {self.seq} in room {self.room_id}"


class Revision(models.Model):
    """The text of a message before an edit; deleted with the message."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="revisions")
    body = models.TextField()
    written_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"revision of message {self.message_id}"


class AttachmentQuerySet(models.QuerySet["Attachment"]):
    def posted_in(self, room_id: int, *, viewer: User, floor: int = 0) -> Self:
        """Those in messages that the viewer sees in this room; `floor`: up to which number they cleared it."""
        posted = self.filter(room=room_id, message__isnull=False)
        if floor:
            posted = posted.filter(message__seq__gt=floor)
        return posted.exclude(uploader__in=viewer.blocked_ids) if viewer.blocked_ids else posted


class Attachment(models.Model):
    """A file on its way, or in a message.

    `key` is where it is stored; what was made of it, its `renditions`, lies beside it under the same name with theirs
    added. It may be there from when it `is_placed`, and is from when it is `ready_at`. Until it is posted it has no
    message. `touched_at` tells when it was last heard of: what is forgotten goes.
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
            models.Index(
                fields=["room", "-message", "position"], name="attachment_of_room"
            ),  # the room's list of files
            # Those that nobody has posted yet, for the sweep that ends them.
            models.Index(fields=["touched_at"], name="attachment_unposted", condition=Q(message__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"attachment {self.pk}"


class DiscardedFile(models.Model):
    """The name of a stored file that is to be deleted, written down in the transaction that removes its row."""

    name = models.CharField(max_length=110, unique=True)
    due_at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return self.name


class Erasure(models.Model):
    """A deleted account whose messages are to go; those up to `done_to` are gone."""

    sender = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    done_to = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"erasure for {self.sender_id}"


class Report(models.Model):
    """Somebody finds a message wrong. It holds none of the message's text, so that deleting that deletes it."""

    class State(models.TextChoices):
        OPEN = "open"
        HANDLED = "handled"

    class Outcome(models.TextChoices):
        DISMISSED = "dismissed", "dismissed"
        DELETED = "deleted", "message deleted"
        WARNED = "warned", "author warned"
        SUSPENDED = "suspended", "author suspended"

    # What the person who reported it is told.
    SAYS = {
        "": "Waiting for review by an admin.",
        "dismissed": "Your report was reviewed. No action was taken.",
        "deleted": "The message you reported was deleted.",
        "warned": "The author of a message you reported was warned.",
        "suspended": "The author of a message you reported was suspended.",
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
            models.Index(fields=["reporter", "created_at"], name="report_of_person"),  # one's own, and how many an hour
            models.Index(fields=["-state", "created_at"], name="report_queue"),
        ]

    def __str__(self) -> str:
        return f"report {self.pk}"

    @property
    def says(self) -> str:
        return self.SAYS[self.outcome]

    @property
    def is_open(self) -> bool:
        return self.state == self.State.OPEN
