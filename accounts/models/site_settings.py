"""The site's name, logo, registration mode and defaults, which admins set on a page unless the environment sets them.

Every process keeps a copy in memory, so that pages need no query. The reconciler reads it again every few seconds.
"""

import uuid
from contextlib import suppress
from typing import Any, ClassVar

from django.conf import settings
from django.db import DatabaseError, models, transaction
from django.utils.translation import gettext_lazy as _

from accounts import usernames

DEFAULT_NAME = "Chatsite"
DEFAULT_REGISTRATION = "open"
ONLY_ROW = 1


class NotificationLevel(models.TextChoices):
    """The messages of a room about which a member wants to be notified."""

    EVERYTHING = "all", _("Every message")
    MENTIONS = "mentions", _("Mentions and replies to you")
    NOTHING = "nothing", _("Nothing")


class BotCreation(models.TextChoices):
    """Which people may create bots."""

    EVERYONE = "everyone", _("Everyone")
    ADMINS = "admins", _("Admins only")


def logo_path(row: "SiteSettings", filename: str) -> str:
    return f"site/{uuid.uuid4().hex}.webp"


class SiteSettingsManager(models.Manager["SiteSettings"]):
    def stored(self) -> "SiteSettings":
        """Return the row, or one with empty values if there is none."""
        return self.filter(pk=ONLY_ROW).first() or SiteSettings(pk=ONLY_ROW)

    def change(self, **fields: Any) -> "SiteSettings":
        row, _created = self.update_or_create(pk=ONLY_ROW, defaults=fields)
        transaction.on_commit(reload_site)
        return row


class SiteSettings(models.Model):
    """The only row has the id 1. An empty value stands for the default.

    notification_level: of the rooms of people who haven't chosen one.
    shows_first_steps: the site was set up on the page for it, and its owner has first steps left.
    """

    class Registration(models.TextChoices):
        OPEN = "open", _("Anyone can sign up")
        INVITE = "invite", _("Only people with an invite link")
        CLOSED = "closed", _("No one; admins create accounts and invite links")

    name = models.CharField(_("name"), max_length=60, blank=True, validators=[usernames.validate_display_name])
    logo = models.ImageField(_("logo"), upload_to=logo_path, blank=True)
    registration = models.CharField(_("sign-up"), max_length=6, blank=True, choices=Registration.choices)
    notification_level = models.CharField(
        _("notifications"), max_length=8, blank=True, default="", db_default="", choices=NotificationLevel.choices
    )
    bot_creation = models.CharField(
        _("bots"), max_length=8, blank=True, default="", db_default="", choices=BotCreation.choices
    )
    shows_first_steps = models.BooleanField(default=False, editable=False)

    objects: ClassVar[SiteSettingsManager] = SiteSettingsManager()

    class Meta:
        verbose_name = verbose_name_plural = _("site settings")
        constraints = [models.CheckConstraint(condition=models.Q(pk=ONLY_ROW), name="site_settings_once")]

    def __str__(self) -> str:
        return self.name or DEFAULT_NAME


_current: SiteSettings | None = None


def site_name() -> str:
    return settings.SITE_NAME or _site().name or DEFAULT_NAME


def registration_mode() -> str:
    return settings.REGISTRATION or _site().registration or DEFAULT_REGISTRATION


def site_logo() -> str:
    """Return the stored name of the logo, or ""."""
    return _site().logo.name or ""


def default_notification_level() -> NotificationLevel:
    """Return the level of rooms for people who haven't chosen one."""
    return NotificationLevel(_site().notification_level or NotificationLevel.MENTIONS)


def bot_creation() -> BotCreation:
    """Return who may create bots."""
    return BotCreation(_site().bot_creation or BotCreation.EVERYONE)


def has_name() -> bool:
    """Return whether someone gave the site a name."""
    return bool(settings.SITE_NAME or _site().name)


def shows_first_steps() -> bool:
    return _site().shows_first_steps


def reload_site() -> None:
    use_site(SiteSettings.objects.stored())


def use_site(row: SiteSettings) -> None:
    global _current
    _current = row


def _site() -> SiteSettings:
    """Return the copy, or the defaults if the database, which error pages must not need, has not been read yet."""
    if _current is None:
        with suppress(DatabaseError):
            reload_site()
    return _current or SiteSettings()
