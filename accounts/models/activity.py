"""Activity samples, which record how busy the site was in each minute."""

from datetime import UTC, datetime, timedelta

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

SAMPLES_KEPT = timedelta(days=90)


class ActivitySampleQuerySet(models.QuerySet["ActivitySample"]):
    def outdated(self) -> "ActivitySampleQuerySet":
        return self.filter(minute__lt=minute_of(timezone.now() - SAMPLES_KEPT))


class ActivitySample(models.Model):
    """The number of users and connections online when a minute began, and of messages posted during it.

    The minute is an integer because a month's chart groups 43,200 rows, which takes ten times as long with dates.
    """

    minute = models.PositiveIntegerField(_("minute"), primary_key=True, help_text=_("Minutes since 1970, UTC."))
    people = models.PositiveIntegerField(_("people"), default=0)
    connections = models.PositiveIntegerField(_("connections"), default=0)
    messages = models.PositiveIntegerField(_("messages"), default=0)

    objects = ActivitySampleQuerySet.as_manager()

    class Meta:
        verbose_name = _("activity sample")
        verbose_name_plural = _("activity samples")

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}: {self.people} people"

    @property
    def at(self) -> datetime:
        return datetime.fromtimestamp(self.minute * 60, UTC)


def minute_of(at: datetime) -> int:
    """Return the number of whole minutes since 1970 (UTC), which is the key of `ActivitySample`."""
    return int(at.timestamp()) // 60
