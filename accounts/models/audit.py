"""The audit log's model."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.timestamps import rfc3339


class AuditEventQuerySet(models.QuerySet["AuditEvent"]):
    def outdated(self) -> "AuditEventQuerySet":
        if not settings.AUDIT_DAYS:
            return self.none()
        return self.filter(at__lt=timezone.now() - timedelta(days=settings.AUDIT_DAYS))


def audit_kinds() -> list[tuple[str, Any]]:
    """Return the choices of `kind`. A function, so that a new kind needs no migration."""
    return AuditEvent.Kind.choices


class AuditEvent(models.Model):
    """An action on the site, its users or its rooms. Events are written by `accounts.audit` and never changed.

    Names are stored as text, so that they survive renames and deletions.
    """

    class Kind(models.TextChoices):
        REGISTERED = "registered", _("Registered")
        LOGGED_IN = "logged in", _("Logged in")
        LOGIN_FAILED = "login failed", _("Login failed")
        LOGGED_OUT = "logged out", _("Logged out")
        PASSWORD_CHANGED = "password changed", _("Password changed")
        ACCOUNT_DELETED = "account deleted", _("Account deleted")
        ACCOUNT_CHANGED = "person changed", _("Account changed")
        INVITED = "invited", _("Invite link created")
        INVITE_REVOKED = "invite revoked", _("Invite link revoked")
        SITE_CHANGED = "site changed", _("Site settings changed")
        GROUP_CREATED = "group made", _("Group created")
        GROUP_CHANGED = "group changed", _("Group changed")
        GROUP_DELETED = "group deleted", _("Group deleted")
        GROUP_MEMBER_ADDED = "added to group", _("Added to a group")
        GROUP_MEMBER_REMOVED = "removed from group", _("Removed from a group")
        GROUP_LEFT = "left group", _("Group left")
        BOT_CREATED = "bot created", _("Bot created")
        TOKEN_CREATED = "token created", _("API token created")
        TOKEN_REVOKED = "token revoked", _("API token revoked")
        AGENT_CALLED = "agent called", _("Tool called by an AI agent")
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
        REMOVAL_UNDONE = "removal undone", _("Removal undone")
        BANNED = "banned", _("Member banned")
        UNBANNED = "unbanned", _("Member unbanned")
        ROLE_CHANGED = "role changed", _("Role changed")
        MESSAGE_DELETED = "message deleted", _("Message deleted")
        MESSAGES_DELETED = "messages deleted", _("Person’s messages deleted")
        DELETION_UNDONE = "deletion undone", _("Deletion undone")
        REPORT_RESOLVED = "report handled", _("Report resolved")
        REPORT_REOPENED = "report reopened", _("Report reopened")
        WEBHOOK_CREATED = "webhook made", _("Webhook created")
        WEBHOOK_CHANGED = "webhook changed", _("Webhook changed")
        WEBHOOK_URL_CHANGED = "webhook url changed", _("Webhook URL regenerated")
        WEBHOOK_DELETED = "webhook deleted", _("Webhook deleted")
        COMMAND_CREATED = "command made", _("Slash command created")
        COMMAND_CHANGED = "command changed", _("Slash command changed")
        COMMAND_DELETED = "command deleted", _("Slash command deleted")
        EXPORTED = "exported", _("Data exported")

    at = models.DateTimeField(_("time"), default=timezone.now, editable=False)
    kind = models.CharField(_("kind"), max_length=30, choices=audit_kinds)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("actor"), db_index=False
    )
    actor_name = models.CharField(_("actor’s name"), max_length=254, blank=True)
    target_kind = models.CharField(_("target’s kind"), max_length=30, blank=True)
    target_id = models.PositiveBigIntegerField(_("target’s ID"), null=True)
    target_name = models.CharField(_("target"), max_length=254, blank=True)
    address = models.CharField(_("IP address"), max_length=64, blank=True)
    detail = models.JSONField(_("details"), default=dict)

    objects = AuditEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("audit event")
        verbose_name_plural = _("audit events")
        indexes = [
            models.Index(fields=["at"], name="audit_at"),  # for the admin's filter by day, and for pruning
            models.Index(fields=["kind", "at"], name="audit_kind"),  # for the admin's filter by kind
            models.Index(fields=["actor", "kind", "at"], name="audit_actor"),  # for the limits per user and hour
        ]

    def __str__(self) -> str:
        return f"{self.kind} at {self.at:%Y-%m-%d %H:%M:%S}"

    def as_data(self) -> dict[str, Any]:
        return {
            "at": rfc3339(self.at),
            "kind": self.kind,
            "actor": {"id": self.actor_id, "name": self.actor_name} if self.actor_id else None,
            "target": {"kind": self.target_kind, "id": self.target_id, "name": self.target_name},
            "address": self.address,
            "detail": self.detail,
        }
