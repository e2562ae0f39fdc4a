"""Models for reports of messages and for jobs that delete a user's messages."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from messaging.models.message import Message, MessageQuerySet
from rooms.models import Room


class BulkDeletion(models.Model):
    """A job that deletes a user's messages in a room piece by piece. See `messaging.moderation.bulk_delete`.

    since: the start of the period whose messages to delete, or None for all messages.
    until_seq: the number of the last message to delete, or None for the newest.
    done_seq: the number of the last message deleted so far.
    starts_at: until then, the moderator can undo it.
    requested_by: the moderator, who must keep their permission until the job is done, or None if none is required.
    """

    sender = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    room = models.ForeignKey(Room, models.CASCADE, related_name="bulk_deletions")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")
    starts_at = models.DateTimeField(default=timezone.now, db_default=Now())
    since = models.DateTimeField(null=True)
    until_seq = models.PositiveBigIntegerField(null=True)
    done_seq = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"bulk deletion {self.pk}"

    @property
    def is_erasure(self) -> bool:
        """Whether the account is being deleted with everything it wrote."""
        return self.until_seq is None

    def messages(self) -> MessageQuerySet:
        """Return the messages that remain to be deleted."""
        messages: MessageQuerySet = Message.objects.filter(
            sender=self.sender_id, room=self.room_id, seq__gt=self.done_seq, deleted_at__isnull=True
        )
        if self.until_seq is not None:
            messages = messages.filter(seq__lte=self.until_seq)
        return messages if self.since is None else messages.filter(created_at__gte=self.since)


class Report(models.Model):
    """A report of a message to the admins. It doesn't copy the text, so that deleting the message also deletes it."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        HANDLED = "handled", _("handled")

    class Outcome(models.TextChoices):
        DISMISSED = "dismissed", _("dismissed")
        DELETED = "deleted", _("message deleted")
        WARNED = "warned", _("author warned")
        SUSPENDED = "suspended", _("author suspended")

    # Shown to the reporter.
    OUTCOME_TEXTS = {
        "": _("Waiting for review by an admin."),
        "dismissed": _("Your report was reviewed. No action was taken."),
        "deleted": _("The message you reported was deleted."),
        "warned": _("The author of a message you reported was warned."),
        "suspended": _("The author of a message you reported was suspended."),
    }

    message = models.ForeignKey(Message, models.CASCADE, related_name="reports", db_index=False)
    reporter = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="reports", db_index=False, verbose_name=_("reporter")
    )
    reason = models.TextField(_("reason"))
    created_at = models.DateTimeField(_("reported"), default=timezone.now)
    state = models.CharField(_("state"), max_length=7, choices=State.choices, default=State.OPEN)
    outcome = models.CharField(_("outcome"), max_length=9, choices=Outcome.choices, blank=True)
    handled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    handled_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        constraints = [
            models.UniqueConstraint(fields=["message", "reporter"], name="report_once"),
            models.CheckConstraint(
                condition=Q(state="open", outcome="") | (Q(state="handled") & ~Q(outcome="")),
                name="report_outcome_when_handled",
            ),
        ]
        indexes = [
            models.Index(fields=["reporter", "created_at"], name="report_of_person"),  # a user's list; the hourly limit
            models.Index(fields=["-state", "created_at"], name="report_queue"),
        ]

    def __str__(self) -> str:
        return gettext("Report of %(person)s") % {"person": self.reporter}

    @property
    def outcome_text(self) -> str | Promise:
        return self.OUTCOME_TEXTS[self.outcome]

    @property
    def is_open(self) -> bool:
        return self.state == self.State.OPEN
