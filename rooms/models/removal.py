"""Removals of members that can still be undone."""

from datetime import timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

# Pages offer it for ten seconds, and longer while the pointer or the focus is on it.
UNDO_WINDOW = timedelta(seconds=30)


class RemovalQuerySet(models.QuerySet["Removal"]):
    def outdated(self) -> Self:
        return self.filter(at__lte=timezone.now() - UNDO_WINDOW)


class Removal(models.Model):
    """The state before a removal or ban, which lets the moderator undo it within UNDO_WINDOW.

    ban: the ban, or null if the member was only removed.
    membership: the columns of the membership, or null if the person wasn't a member.
    replaced_bans: for each ban that this one replaced, its id and when it would have ended.
    heir: the member who became the owner because none was left, and before that had the role `heir_role`.
    """

    room = models.ForeignKey("rooms.Room", models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    ban = models.ForeignKey("rooms.Ban", models.CASCADE, null=True, related_name="+")
    membership = models.JSONField(null=True)
    replaced_bans = models.JSONField(default=list)
    heir = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    heir_role = models.CharField(max_length=9, blank=True)

    objects = RemovalQuerySet.as_manager()

    class Meta:
        verbose_name = _("removal")
        verbose_name_plural = _("removals")

    def __str__(self) -> str:
        return f"removal of {self.user_id} from {self.room_id}"

    @property
    def is_outdated(self) -> bool:
        return self.at <= timezone.now() - UNDO_WINDOW
