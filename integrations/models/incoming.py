"""Incoming webhooks, and what was sent to them lately."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from rooms.models import Room

NAME_LENGTH = 60
DESCRIPTION_LENGTH = 200
MAX_DETAIL = 200


class IncomingWebhook(models.Model):
    """A secret URL to which other services post messages for a room.

    `digest` is the SHA-256 of the URL's secret, which isn't stored. Messages are posted as `bot`, which belongs to this
    webhook alone.
    """

    room = models.ForeignKey(Room, models.CASCADE, related_name="incoming_webhooks", verbose_name=_("room"))
    bot = models.OneToOneField(User, models.CASCADE, related_name="incoming_webhook", verbose_name=_("bot"))
    name = models.CharField(_("name"), max_length=NAME_LENGTH)
    description = models.CharField(_("description"), max_length=DESCRIPTION_LENGTH, blank=True)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    mentions_everyone = models.BooleanField(_("can mention everyone"), default=False)
    is_markdown = models.BooleanField(_("texts are Markdown"), default=False)
    allows_alias = models.BooleanField(_("senders can choose a name"), default=True, db_default=True)
    is_enabled = models.BooleanField(_("enabled"), default=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("created by")
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(_("last used"), null=True, editable=False)
    accepted = models.PositiveBigIntegerField(_("accepted"), default=0, editable=False)
    refused = models.PositiveBigIntegerField(_("refused"), default=0, editable=False)
    last_error = models.CharField(_("last error"), max_length=MAX_DETAIL, blank=True, editable=False)
    last_error_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("incoming webhook")
        verbose_name_plural = _("incoming webhooks")

    def __str__(self) -> str:
        return self.name


class WebhookDelivery(models.Model):
    """The result of a request to a webhook, without its content. Only the newest of each webhook are kept."""

    webhook = models.ForeignKey(IncomingWebhook, models.CASCADE, related_name="deliveries", db_index=False)
    at = models.DateTimeField(default=timezone.now)
    status = models.PositiveSmallIntegerField()  # of the response
    word = models.CharField(max_length=40)  # the response's text
    detail = models.CharField(max_length=MAX_DETAIL, blank=True)
    source = models.CharField(max_length=40, blank=True)  # the name of the format
    size = models.PositiveIntegerField()  # of the request's body, in bytes
    message_id = models.PositiveBigIntegerField(null=True)

    class Meta:
        indexes = [models.Index(fields=["webhook", "id"], name="delivery_of_webhook")]  # the newest of a webhook

    def __str__(self) -> str:
        return f"{self.status} {self.word} at {self.at:%Y-%m-%d %H:%M:%S}"

    @property
    def is_accepted(self) -> bool:
        return self.status < 400
