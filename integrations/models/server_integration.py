"""The model of every integration that sends requests to another server."""

from typing import Any, ClassVar, NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.audit import Kind
from rooms.models import Room

MAX_URL = 2_000  # characters
MAX_REASON = 200


class AuditKinds(NamedTuple):
    created: Kind
    changed: Kind
    deleted: Kind


class ServerIntegration(models.Model):
    """Sends signed requests to another server, whose answers are posted by a bot.

    room: its owners manage it. If it is None, it is for the whole site, and admins do.
    secret: signs what is sent, encrypted (see `integrations.encryption`).
    origin: the site's address, for links.
    reason: why it failed the last time, or "".
    """

    NOT_FOUND: ClassVar[Promise]
    AUDIT_KINDS: ClassVar[AuditKinds]
    LISTED_BY: ClassVar[str]

    room: "models.ForeignKey[Any, Room | None]"
    room_id: int | None
    bot = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("bot"))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("created by")
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    url = models.CharField(_("URL"), max_length=MAX_URL)
    secret = models.CharField(max_length=300, editable=False)
    origin = models.CharField(max_length=300, editable=False)
    is_enabled = models.BooleanField(_("on"), default=True)
    reason = models.CharField(_("last error"), max_length=MAX_REASON, blank=True, editable=False)

    class Meta:
        abstract = True

    @property
    def host(self) -> str:
        """Where requests go, without the rest of the URL, which may contain a secret."""
        return urlsplit(self.url).netloc

    @property
    def is_failing(self) -> bool:
        return bool(self.reason)

    @property
    def has_token(self) -> bool:
        """Whether requests also have a token, for servers that check it instead of the signature."""
        raise NotImplementedError

    @property
    def audit_detail(self) -> dict[str, Any]:
        """Return what names it in the audit log."""
        raise NotImplementedError

    def switch(self, *, is_enabled: bool) -> None:
        """Switch it on or off, without saving it."""
        self.is_enabled, self.reason = is_enabled, ""
