"""Invitations to register."""

import secrets
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models.site_settings import registration_mode


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def open(self) -> Self:
        """Return the invitations that aren’t expired, used up or revoked."""
        return self.filter(
            Q(expires_at__isnull=True) | Q(expires_at__gt=timezone.now()),
            Q(max_uses__isnull=True) | Q(uses__lt=F("max_uses")),
            revoked_at__isnull=True,
        )

    def valid(self) -> Self:
        """Return the open invitations of users who may still invite people: on a closed site, only admins."""
        valid = self.open().filter(created_by__is_active=True)
        return valid.filter(created_by__is_staff=True) if registration_mode() == "closed" else valid


def new_invitation_code() -> str:
    return secrets.token_urlsafe(16)


class Invitation(models.Model):
    """A link with which people register on a site that requires an invitation. It may also add them to a room."""

    code = models.CharField(max_length=40, unique=True, default=new_invitation_code, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="invitations", verbose_name=_("created by")
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    max_uses = models.PositiveIntegerField(_("maximum uses"), null=True, blank=True)
    uses = models.PositiveIntegerField(_("uses"), default=0, editable=False)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    # An id, not a foreign key, because accounts doesn’t know rooms. A deleted room is ignored.
    room_id = models.PositiveBigIntegerField(_("room ID"), null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invite")
        verbose_name_plural = _("invites")

    def __str__(self) -> str:
        return gettext("Invite of %(person)s") % {"person": self.created_by}

    def get_absolute_url(self) -> str:
        return reverse("accounts:invitation", args=[self.code])
