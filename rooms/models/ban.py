"""Bans from rooms. A ban that is over has no effect, so nothing needs to lift it."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class BanQuerySet(models.QuerySet["Ban"]):
    def in_force(self) -> Self:
        return self.filter(Q(until__isnull=True) | Q(until__gt=timezone.now()))


class Ban(models.Model):
    """A user who can neither enter nor see a room before `until`, or ever where that is null.

    Lifting a ban ends it at that moment; the row stays as a record.
    """

    room = models.ForeignKey("rooms.Room", models.CASCADE, related_name="bans", verbose_name=_("room"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="bans", db_index=False, verbose_name=_("person")
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("banned by")
    )
    reason = models.CharField(_("reason"), max_length=250, blank=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    until = models.DateTimeField(_("until"), null=True, blank=True)

    objects = BanQuerySet.as_manager()

    class Meta:
        verbose_name = _("ban")
        verbose_name_plural = _("bans")
        # Entering a room looks for both fields, a user's list of bans for the first.
        indexes = [models.Index(fields=["user", "room"], name="ban_of_person")]

    def __str__(self) -> str:
        return gettext("%(person)s in %(room)s") % {"person": self.user, "room": self.room}

    @property
    def is_in_force(self) -> bool:
        return self.until is None or self.until > timezone.now()
