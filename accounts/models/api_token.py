"""API tokens, with which programs act as a person or a bot."""

import hashlib
from collections.abc import Iterable
from datetime import timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

TOKEN_NAME_LENGTH = 60
HINT_LENGTH = 4
KEPT_AFTER_END = timedelta(days=30)


class Scope(models.TextChoices):
    """A right of a token. Its holder's own rights limit it further."""

    READ = "read", _("Read messages, rooms and people")
    WRITE = "write", _("Post and change messages, and do what else its holder does in the page")
    FILES = "files", _("Upload and download files")
    MODERATE = "moderate", _("Moderate rooms, where its holder may do so")
    ADMIN = "admin", _("Manage the site, if its holder is an admin")


ALL_SCOPES = (1 << len(Scope)) - 1


class APITokenQuerySet(models.QuerySet["APIToken"]):
    def usable(self) -> Self:
        """Exclude tokens that were revoked or have expired."""
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now()), revoked_at=None)

    def outdated(self) -> Self:
        """Return tokens that ended a while ago. The audit log still names them."""
        before = timezone.now() - KEPT_AFTER_END
        return self.filter(Q(revoked_at__lt=before) | Q(expires_at__lt=before))


class APIToken(models.Model):
    """A token of a person or a bot. Only a hash of the secret is stored, which is shown once.

    hint: the end of the secret, by which its holder recognizes it.
    scope_bits: the bit 2ⁿ stands for the n-th scope.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="api_tokens", verbose_name=_("holder")
    )
    name = models.CharField(_("name"), max_length=TOKEN_NAME_LENGTH)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField(max_length=HINT_LENGTH, editable=False)
    scope_bits = models.PositiveSmallIntegerField(db_column="scopes", editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("created by")
    )
    expires_at = models.DateTimeField(_("expires"), null=True, editable=False)
    last_used_at = models.DateTimeField(_("last used"), null=True, editable=False)
    last_used_address = models.CharField(_("IP address"), max_length=64, blank=True, editable=False)
    revoked_at = models.DateTimeField(_("revoked"), null=True, editable=False)

    objects = APITokenQuerySet.as_manager()

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        constraints = [
            models.CheckConstraint(
                condition=Q(scope_bits__gte=1, scope_bits__lte=ALL_SCOPES), name="api_token_scopes_known"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def scopes(self) -> frozenset[Scope]:
        return scopes_of(self.scope_bits)

    @property
    def scope_values(self) -> list[str]:
        """The scopes in their order, as programs know them."""
        return [scope.value for scope in Scope if scope in self.scopes]


def digest_of(secret: str) -> str:
    """Return the hash under which a secret is stored. It needs no salt, because secrets are random."""
    return hashlib.sha256(secret.encode()).hexdigest()


def scopes_of(bits: int) -> frozenset[Scope]:
    return frozenset(scope for index, scope in enumerate(Scope) if bits >> index & 1)


def bits_of(scopes: Iterable[str]) -> int:
    """Return the bits of these scopes. Raises ValueError for an unknown one."""
    order = list(Scope.values)
    return sum(1 << order.index(scope) for scope in set(scopes))
