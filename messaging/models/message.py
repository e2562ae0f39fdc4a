"""Models for messages and their earlier revisions."""

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Person, User
from messaging.models.alias import EMOJI_LENGTH, NAME_LENGTH, shown_as
from messaging.permissions import is_readable_by
from rooms.models import Room


class MessageQuerySet(models.QuerySet["Message"]):
    def complete(self) -> Self:
        """Join all rows needed to serialize a message."""
        return self.select_related("sender", "reply_to__sender")

    def seen_by(self, viewer: User | None) -> Self:
        """Exclude messages from users whom the viewer blocks. If `viewer` is None, exclude none."""
        return self.exclude(sender__in=viewer.blocked_ids) if viewer is not None and viewer.blocked_ids else self

    def readable_by(self, user: User) -> Self:
        """See `messaging.permissions`."""
        return self.filter(is_readable_by(user))


class Message(models.Model):
    """A message. A deleted message stays as an empty tombstone, so that a room's numbers have no gaps.

    `seq` numbers the room's messages and `version` its changes. Both are taken from the room's row while it is locked.
    `html` and `excerpt` are rendered from `body`. `fingerprint` identifies a post that is repeated with the same
    `client_id`. `files` contains the serialized attachments as JSON, or is empty, so that loading messages needs no
    second query. `reactions` and `previews` are the same for reactions and link previews, and `mentions` the ids of the
    people mentioned, separated by spaces. `thread` is the first message of the thread that a reply belongs to, or None
    for other messages. `alias` is encoded (see `messaging.models.alias`), or None for nearly all messages.
    """

    room = models.ForeignKey(Room, models.CASCADE, related_name="messages", verbose_name=_("room"))
    seq = models.PositiveBigIntegerField(_("number"))
    version = models.PositiveBigIntegerField()
    sender = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="messages", db_index=False, verbose_name=_("sender")
    )
    client_id = models.UUIDField()
    body = models.TextField(_("text"), blank=True)
    html = models.TextField(blank=True, editable=False)
    excerpt = models.CharField(max_length=140, blank=True, default="", db_default="", editable=False)
    files = models.TextField(blank=True, editable=False)
    reactions = models.TextField(blank=True, default="", db_default="", editable=False)
    mentions = models.TextField(blank=True, default="", db_default="", editable=False)
    previews = models.TextField(blank=True, default="", db_default="", editable=False)
    fingerprint = models.BinaryField(max_length=16, default=b"", editable=False)
    reply_to = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="replies")
    # Without a constraint: messages are only deleted with their rooms, and each deletion would look for replies.
    thread = models.ForeignKey(
        "self", models.DO_NOTHING, null=True, editable=False, related_name="+", db_index=False, db_constraint=False
    )
    created_at = models.DateTimeField(_("posted"), default=timezone.now)
    edited_at = models.DateTimeField(_("edited"), null=True, blank=True)
    deleted_at = models.DateTimeField(_("deleted"), null=True, blank=True)
    pinned_at = models.DateTimeField(null=True, blank=True)
    pinned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    # Null, so that the column is added to existing rows without touching them, and takes no space in most rows.
    alias = models.CharField(max_length=EMOJI_LENGTH + 1 + NAME_LENGTH, null=True, editable=False)

    objects = MessageQuerySet.as_manager()

    TOMBSTONE = {
        "body": "",
        "html": "",
        "excerpt": "",
        "files": "",
        "reactions": "",
        "mentions": "",
        "previews": "",
        "fingerprint": b"",
        "reply_to": None,
        "pinned_at": None,
        "pinned_by": None,
        "alias": None,
    }

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints = [
            models.UniqueConstraint(fields=["sender", "client_id"], name="message_client_id_once"),
            models.UniqueConstraint(fields=["room", "seq"], name="message_seq_once"),  # also for pages of history
            models.UniqueConstraint(fields=["room", "version"], name="message_version_once"),  # also for the journal
        ]
        indexes = [
            # A user's messages in a room, for slow mode and bulk deletion. Also the index of the foreign key.
            models.Index(fields=["sender", "room", "seq"], name="message_of_person"),
            # The replies in a thread, and their number, which is counted without reading them.
            models.Index(
                fields=["thread", "seq", "sender"],
                name="message_in_thread",
                condition=Q(thread__isnull=False, deleted_at__isnull=True),
            ),
            # Replies from before an upgrade, whose thread isn't known yet.
            models.Index(
                fields=["id"],
                name="message_without_thread",
                condition=Q(reply_to__isnull=False, thread__isnull=True),
            ),
            # A room's list of pinned messages.
            models.Index(fields=["room", "pinned_at"], name="message_pinned", condition=Q(pinned_at__isnull=False)),
        ]

    @property
    def shown_sender(self) -> User | Person:
        """The sender, with the name and avatar of the message's alias if it has one."""
        return shown_as(self.sender, self.alias)

    def make_tombstone(self, at: datetime) -> None:
        """Empty the message without saving it. The caller deletes its revisions and attachments."""
        for name, value in (self.TOMBSTONE | {"deleted_at": at}).items():
            setattr(self, name, value)

    def __str__(self) -> str:
        return gettext("Message %(number)s in %(room)s") % {"number": self.seq, "room": self.room}


class Revision(models.Model):
    """The body of a message before an edit. It is deleted with the message."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="revisions")
    body = models.TextField()
    written_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"revision of message {self.message_id}"
