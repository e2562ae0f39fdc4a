"""Models of outgoing webhooks: what is sent where, and each delivery."""

import uuid
from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from messaging.models import Message
from rooms.models import Room

MAX_URL = 2_000  # characters
MAX_WORDS = 500
MAX_REASON = 200


class OutgoingWebhook(models.Model):
    """Sends messages of a room to another server, whose answers are posted by a bot.

    bot: also reads the room for the webhook, so it must be a member. Messages that it can't see aren't sent.
    words: on which messages that begin with one of them are sent, separated by commas.
    secret: signs what is sent, encrypted (see `integrations.encryption`).
    origin: the site's address, for links.
    seq: the messages of the room up to this one have been looked through. A process that does so locks this row.
    failing_since: since when no delivery succeeds, or None. `failures`: how many in a row found the server unavailable.
    rests_until: until when nothing is sent because of that.
    """

    class Trigger(models.TextChoices):
        MENTION = "mention", _("Messages that mention the bot")
        WORDS = "words", _("Messages that begin with a word")
        ALL = "all", _("Every message")

    class Dialect(models.TextChoices):
        OWN = "chatsite", _("Chatsite (JSON)")
        SLACK = "slack", _("Slack, Mattermost (form)")
        CAMPFIRE = "campfire", _("Campfire (JSON)")

    room = models.ForeignKey(Room, models.CASCADE, related_name="outgoing_webhooks", verbose_name=_("room"))
    bot = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("bot"))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("created by")
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    url = models.CharField(_("URL"), max_length=MAX_URL)
    trigger = models.CharField(_("sends"), max_length=8, choices=Trigger.choices, default=Trigger.MENTION)
    words = models.CharField(_("words"), max_length=MAX_WORDS, blank=True)
    dialect = models.CharField(_("format"), max_length=8, choices=Dialect.choices, default=Dialect.OWN)
    secret = models.CharField(max_length=300, editable=False)
    origin = models.CharField(max_length=300, editable=False)
    allows_alias = models.BooleanField(_("answers can choose a name"), default=True, db_default=True)
    is_enabled = models.BooleanField(_("on"), default=True)
    seq = models.PositiveBigIntegerField(default=0, editable=False)
    failing_since = models.DateTimeField(_("failing since"), null=True, editable=False)
    failures = models.PositiveSmallIntegerField(default=0, editable=False)
    rests_until = models.DateTimeField(null=True, editable=False)
    reason = models.CharField(_("last error"), max_length=MAX_REASON, blank=True, editable=False)

    class Meta:
        verbose_name = _("outgoing webhook")
        verbose_name_plural = _("outgoing webhooks")

    def __str__(self) -> str:
        return gettext("%(host)s in %(room)s") % {"host": self.host, "room": self.room}

    @property
    def host(self) -> str:
        """Where messages go, without the rest of the URL, which may contain a secret."""
        return urlsplit(self.url).netloc

    @property
    def word_list(self) -> list[str]:
        return [word for word in (each.strip() for each in self.words.split(",")) if word]


class OutgoingDeliveryQuerySet(models.QuerySet["OutgoingDelivery"]):
    def outdated(self) -> "OutgoingDeliveryQuerySet":
        """Return those that are kept no longer, even if a webhook that was switched off has never sent them."""
        return self.filter(created_at__lt=timezone.now() - timedelta(days=7))


class OutgoingDelivery(models.Model):
    """A message that a webhook sends. Its id stays the same however often it is sent. Kept for 7 days.

    due_at: when to send it, or None if there is nothing left to do. `expires_at`: after that, it isn't tried again.
    claim: identifies the attempt that a process is making.
    status: the HTTP status of the last answer, or None. `reason`: why it failed, or why its answer wasn't posted.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        DELIVERED = "delivered", _("Delivered")
        FAILED = "failed", _("Failed")
        DROPPED = "dropped", _("Not sent")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    webhook = models.ForeignKey(OutgoingWebhook, models.CASCADE, related_name="deliveries", db_index=False)
    # Without a constraint: messages are only deleted with their rooms, and each deletion would look for rows here.
    message = models.ForeignKey(Message, models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False)
    state = models.CharField(max_length=9, choices=State.choices, default=State.WAITING)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    due_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()
    claim = models.UUIDField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    attempted_at = models.DateTimeField(null=True)
    status = models.PositiveSmallIntegerField(null=True)
    reason = models.CharField(max_length=MAX_REASON, blank=True)

    objects = OutgoingDeliveryQuerySet.as_manager()

    class Meta:
        constraints = [
            # Also for the list of a webhook's deliveries.
            models.UniqueConstraint(fields=["webhook", "message"], name="outgoing_delivery_once"),
        ]
        indexes = [
            # Those that are due, by webhook.
            models.Index(fields=["webhook", "due_at"], name="outgoing_delivery_due", condition=Q(due_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"delivery {self.pk} of webhook {self.webhook_id}"
