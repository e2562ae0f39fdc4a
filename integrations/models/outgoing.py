"""Models of outgoing webhooks: what is sent where, and each delivery."""

import uuid
from datetime import timedelta
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.audit import Kind
from integrations.models.server_integration import MAX_REASON, AuditKinds, ServerIntegration
from messaging.models import Message
from rooms.models import Room

MAX_WORDS = 500  # characters


class OutgoingWebhook(ServerIntegration):
    """Sends messages of a room to another server, whose answers are posted by a bot.

    bot: also reads the room for the webhook, so it must be a member. Messages that it can't see aren't sent.
    words: on which messages that begin with one of them are sent, separated by commas.
    seq: the messages of the room up to this one have been looked through. A process that does so locks this row.
    failing_since: since when no delivery succeeds, or None. `failures`: how many in a row found the server unavailable.
    rests_until: until when nothing is sent because of that.
    """

    NOT_FOUND = _("Webhook not found.")
    AUDIT_KINDS = AuditKinds(Kind.WEBHOOK_CREATED, Kind.WEBHOOK_CHANGED, Kind.WEBHOOK_DELETED)
    LISTED_BY = "pk"

    class Trigger(models.TextChoices):
        MENTION = "mention", _("Messages that mention the bot")
        WORDS = "words", _("Messages that begin with a word")
        ALL = "all", _("Every message")

    class Dialect(models.TextChoices):
        OWN = "chatsite", _("Chatsite (JSON)")
        SLACK = "slack", _("Slack, Mattermost (form)")
        CAMPFIRE = "campfire", _("Campfire (JSON)")

    room = models.ForeignKey(Room, models.CASCADE, related_name="outgoing_webhooks", verbose_name=_("room"))
    trigger = models.CharField(_("sends"), max_length=8, choices=Trigger.choices, default=Trigger.MENTION)
    words = models.CharField(_("words"), max_length=MAX_WORDS, blank=True)
    dialect = models.CharField(_("format"), max_length=8, choices=Dialect.choices, default=Dialect.OWN)
    allows_alias = models.BooleanField(_("answers can choose a name"), default=True, db_default=True)
    seq = models.PositiveBigIntegerField(default=0, editable=False)
    failing_since = models.DateTimeField(_("failing since"), null=True, editable=False)
    failures = models.PositiveSmallIntegerField(default=0, editable=False)
    rests_until = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("outgoing webhook")
        verbose_name_plural = _("outgoing webhooks")

    def __str__(self) -> str:
        return gettext("%(host)s in %(room)s") % {"host": self.host, "room": self.room}

    @property
    def is_failing(self) -> bool:
        return self.failing_since is not None

    @property
    def has_token(self) -> bool:
        return self.dialect == self.Dialect.SLACK

    @property
    def audit_detail(self) -> dict[str, Any]:
        return {"webhook": self.pk}

    @property
    def word_list(self) -> list[str]:
        return [word for word in (each.strip() for each in self.words.split(",")) if word]

    def switch(self, *, is_enabled: bool) -> None:
        """Switch it on or off, without saving it. Messages that are posted while it is off are never sent."""
        self.is_enabled = is_enabled
        if is_enabled:
            self.seq = Room.objects.values_list("last_seq", flat=True).get(pk=self.room_id)
            self.failing_since, self.failures, self.rests_until, self.reason = None, 0, None, ""
        else:
            reason, state = "the webhook was switched off", OutgoingDelivery.State.DROPPED
            self.deliveries.filter(due_at__isnull=False).update(due_at=None, claim=None, state=state, reason=reason)


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
