"""Models for previews of links: what a page says about itself, and the links of messages for which it is shown."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from messaging.models.message import Message

MAX_URL = 2_000  # characters
MAX_TITLE, MAX_SITE, MAX_DESCRIPTION = 120, 60, 240


class LinkPreview(models.Model):
    """The preview of a page, or the fact that there is none. Shared by all messages with a link to the page.

    url: normalized (see `link_previews.urls`). `host`: its host, to limit the requests to each one.
    is_current: false if it has expired and the page was requested again since: earlier messages keep what they show.
    requested_by: the user whose message had the link first. Users only wait for their own requests.
    due_at: when to request the page, or None if that is done. `claim`: identifies the process that requests it.
    image: the name of the stored file, or "".
    """

    url = models.CharField(max_length=MAX_URL)
    host = models.CharField(max_length=255)
    is_current = models.BooleanField(default=True)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    due_at = models.DateTimeField(null=True)
    claim = models.UUIDField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    expires_at = models.DateTimeField(null=True)
    title = models.CharField(max_length=MAX_TITLE, blank=True)
    site = models.CharField(max_length=MAX_SITE, blank=True)
    description = models.CharField(max_length=MAX_DESCRIPTION, blank=True)
    image = models.CharField(max_length=100, blank=True)
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["url"], condition=Q(is_current=True), name="link_preview_current_once"),
        ]
        indexes = [
            # Those to request, in the order in which users take turns.
            models.Index(fields=["due_at"], name="link_preview_due", condition=Q(due_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"link preview {self.pk}"


class MessageLink(models.Model):
    """A link of a message for which a preview is shown, once there is one. They are written with the room locked.

    url: as it is in the message.
    preview: None until it is looked up, or once the preview was removed from the message.
    is_pending: whether the message may still get the preview. `is_removed`: whether someone removed it.
    """

    # Without a constraint: messages are only deleted with their rooms, and each deletion would look for rows here.
    message = models.ForeignKey(Message, models.DO_NOTHING, related_name="+", db_constraint=False)
    position = models.PositiveSmallIntegerField()
    url = models.CharField(max_length=MAX_URL)
    preview = models.ForeignKey(LinkPreview, models.CASCADE, null=True, related_name="links")
    is_pending = models.BooleanField(default=True)
    is_removed = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(fields=["id"], name="message_link_pending", condition=Q(is_pending=True)),
        ]

    def __str__(self) -> str:
        return f"link {self.position} of message {self.message_id}"
