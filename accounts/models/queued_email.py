"""The model of the email queue."""

from datetime import timedelta

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

FIRST_PAUSE = timedelta(minutes=2)  # as long as the longest attempt: a dozen replies within EMAIL_TIMEOUT each
LONGEST_PAUSE = timedelta(minutes=30)


class QueuedEmailQuerySet(models.QuerySet["QueuedEmail"]):
    def due(self) -> "QueuedEmailQuerySet":
        return self.filter(due_at__lte=timezone.now()).order_by("due_at")


class QueuedEmail(models.Model):
    """An email that the mail server hasn't accepted yet.

    `content` is the complete message. Its Message-ID is the same in every attempt.
    `purpose` names the check whether it is still wanted (see accounts/mail/checks.py), which reads `about`.
    """

    sender = models.TextField()
    recipients = models.JSONField()
    content = models.BinaryField()
    purpose = models.CharField(max_length=16, blank=True, default="")
    about = models.JSONField(blank=True, default=dict)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    due_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = QueuedEmailQuerySet.as_manager()

    class Meta:
        verbose_name = _("queued email")
        verbose_name_plural = _("queued emails")
        indexes = [models.Index(fields=["due_at"], name="queued_email_due_at")]  # for the next email to send

    def __str__(self) -> str:
        return f"email {self.pk}"

    def claim(self) -> bool:
        """Schedule the next attempt before making this one. Return False if another process has done so.

        If this process dies during the attempt, the email is sent in the next one.
        """
        due_at = timezone.now() + pause_after(self.attempts + 1)
        unclaimed = QueuedEmail.objects.filter(pk=self.pk, attempts=self.attempts)
        return bool(unclaimed.update(attempts=self.attempts + 1, due_at=due_at))

    def is_older_than(self, age: timedelta) -> bool:
        return self.created_at <= timezone.now() - age


def pause_after(attempts: int) -> timedelta:
    """Return the time to the next attempt: 2, 4, 8, 16, 30, 30 … minutes."""
    return min(FIRST_PAUSE * 2 ** min(attempts - 1, 10), LONGEST_PAUSE)
