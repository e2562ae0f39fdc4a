"""A user's own sections of the sidebar."""

from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts import usernames

SECTION_NAME_LENGTH = 40


class RoomSection(models.Model):
    """A section of a user's sidebar, in which they put rooms (`Membership.section`). No one else sees it.

    name_key: the name in the form in which names are compared.
    position: sections are shown in this order, and in that of their ids among equal ones.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="room_sections")
    name = models.CharField(_("name"), max_length=SECTION_NAME_LENGTH)
    name_key = models.CharField(max_length=320, editable=False)
    position = models.PositiveSmallIntegerField(default=0, db_default=0, editable=False)

    class Meta:
        verbose_name = _("section")
        verbose_name_plural = _("sections")
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint(fields=["user", "name_key"], name="room_section_name_once")]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.name_key = section_key(self.name)
        super().save(*args, **kwargs)


def section_key(name: str) -> str:
    return usernames.key(name)[:320]
