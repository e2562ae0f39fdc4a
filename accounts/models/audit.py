"""What the server writes down about the site: how busy it is in each minute, and who did what."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

SAMPLES_KEPT = timedelta(days=90)


class ActivitySampleQuerySet(models.QuerySet["ActivitySample"]):
    def outdated(self) -> "ActivitySampleQuerySet":
        return self.filter(minute__lt=minute_of(timezone.now() - SAMPLES_KEPT))


class ActivitySample(models.Model):
    """How many were here when a minute began, and what they wrote in it.

    The minute is a number: a chart of a month groups 43,200 rows, and dividing is a tenth of the work of reading dates.
    """

    minute = models.PositiveIntegerField(primary_key=True, help_text="minutes since 1970, UTC")
    people = models.PositiveIntegerField(default=0)
    connections = models.PositiveIntegerField(default=0)
    messages = models.PositiveIntegerField(default=0)

    objects = ActivitySampleQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}: {self.people} people"

    @property
    def at(self) -> datetime:
        return datetime.fromtimestamp(self.minute * 60, UTC)


def minute_of(at: datetime) -> int:
    return int(at.timestamp()) // 60


class AuditEventQuerySet(models.QuerySet["AuditEvent"]):
    def outdated(self) -> "AuditEventQuerySet":
        if not settings.AUDIT_DAYS:
            return self.none()
        return self.filter(at__lt=timezone.now() - timedelta(days=settings.AUDIT_DAYS))


class AuditEvent(models.Model):
    """Something that happened to the site, its people or its rooms. `accounts.audit` writes it; nobody changes it.

    Names are kept as text: they are to be read when those who bore them are renamed or gone.
    """

    class Kind(models.TextChoices):
        REGISTERED = "registered", _("Registered")
        LOGGED_IN = "logged in", _("Logged in")
        LOGIN_FAILED = "login failed", _("Login failed")
        LOGGED_OUT = "logged out", _("Logged out")
        PASSWORD_CHANGED = "password changed", _("Password changed")
        ACCOUNT_DELETED = "account deleted", _("Account deleted")
        ACCOUNT_CHANGED = "person changed", _("Account changed")
        SUSPENDED = "suspended", _("Suspended")
        REINSTATED = "restored", _("Reinstated")
        DISCONNECTED = "disconnected", _("Disconnected")
        BLOCKED = "blocked", _("Person blocked")  # recorded without names
        ROOM_CREATED = "room made", _("Room created")
        DIRECT_OPENED = "room opened", _("Direct message opened")  # recorded without names
        ROOM_CHANGED = "room changed", _("Room changed")
        ROOM_ARCHIVED = "room archived", _("Room archived")
        ROOM_UNARCHIVED = "room reopened", _("Room unarchived")
        ROOM_DELETED = "room deleted", _("Room deleted")
        JOINED = "joined", _("Room joined")
        LEFT = "left", _("Room left")
        ADDED = "added", _("Member added")
        REMOVED = "removed", _("Member removed")
        BANNED = "banned", _("Member banned")
        ROLE_CHANGED = "role changed", _("Role changed")
        MESSAGE_DELETED = "message deleted", _("Message deleted")
        REPORT_RESOLVED = "report handled", _("Report resolved")
        EXPORTED = "exported", _("Data exported")

    at = models.DateTimeField(default=timezone.now, editable=False)
    kind = models.CharField(max_length=30, choices=Kind.choices)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    actor_name = models.CharField("who", max_length=254, blank=True)
    target_kind = models.CharField(max_length=30, blank=True)
    target_id = models.PositiveBigIntegerField(null=True)
    target_name = models.CharField("what", max_length=254, blank=True)
    address = models.CharField("from", max_length=64, blank=True)
    detail = models.JSONField(default=dict)

    objects = AuditEventQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["at"], name="audit_at"),  # a day in the admin, pruning
            models.Index(fields=["kind", "at"], name="audit_kind"),  # a kind in the admin
        ]

    def __str__(self) -> str:
        return f"{self.kind} at {self.at:%Y-%m-%d %H:%M:%S}"

    def as_data(self) -> dict[str, Any]:
        at = self.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return {
            "at": at,
            "kind": self.kind,
            "actor": {"id": self.actor_id, "name": self.actor_name} if self.actor_id else None,
            "target": {"kind": self.target_kind, "id": self.target_id, "name": self.target_name},
            "address": self.address,
            "detail": self.detail,
        }
