"""Changes the site's name, logo, registration mode and defaults, and ends the first steps."""

from contextlib import suppress

from django.core.exceptions import ValidationError
from django.core.files import File
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import audit
from accounts.actions import NotAllowed
from accounts.audit import Kind
from accounts.models import BotCreation, NotificationLevel, SiteSettings, User
from accounts.profile import avatars
from accounts.registration.validation import clean_site_name
from accounts.signals import avatar_discarded

PERMISSION = "accounts.change_sitesettings"


def update_site(
    *,
    actor: User,
    name: str,
    registration: str,
    notification_level: str = "",
    bot_creation: str = "",
    logo: File | None = None,
    remove_logo: bool = False,
) -> SiteSettings:
    """Change the settings. Raises NotAllowed, or ValidationError with messages by field."""
    if not actor.has_perm(PERMISSION):
        raise NotAllowed
    if registration not in ("", *SiteSettings.Registration.values):
        raise ValidationError({"registration": _("Choose who can sign up.")})
    if notification_level not in ("", *NotificationLevel.values):
        raise ValidationError({"notification_level": _("Choose what people are notified about.")})
    if bot_creation not in ("", *BotCreation.values):
        raise ValidationError({"bot_creation": _("Choose who can create bots.")})
    fields: dict[str, object] = {
        "name": clean_site_name(name),
        "registration": registration,
        "notification_level": notification_level,
        "bot_creation": bot_creation,
    }
    stored = _store_logo(logo) if logo else ""
    if stored or remove_logo:
        fields["logo"] = stored
    try:
        return _change(actor, fields)
    except Exception:
        _delete(stored)
        raise


@transaction.atomic
def end_first_steps(*, actor: User) -> None:
    """Stop showing the first steps. Raises NotAllowed unless the actor is a superuser."""
    if not actor.is_superuser:
        raise NotAllowed
    SiteSettings.objects.change(shows_first_steps=False)


@transaction.atomic
def _change(actor: User, fields: dict[str, object]) -> SiteSettings:
    before = SiteSettings.objects.stored()
    changed = [field for field, value in fields.items() if str(getattr(before, field)) != value]
    if not changed:
        return before
    row = SiteSettings.objects.change(**fields)
    audit.record(Kind.SITE_CHANGED, actor=actor, target=str(row), fields=changed)
    if "logo" in changed and before.logo:
        avatar_discarded.send(SiteSettings, name=before.logo.name)
    return row


def _store_logo(logo: File) -> str:
    try:
        content = avatars.square(logo)
    except ValidationError as error:
        raise ValidationError({"logo": error.messages}) from error
    field = SiteSettings().logo
    try:
        return field.storage.save(field.field.generate_filename(field.instance, "logo.webp"), content)
    except OSError as error:
        raise ValidationError({"logo": _("Couldn’t save the logo. Try again later.")}) from error


def _delete(name: str) -> None:
    if name:
        with suppress(OSError):
            SiteSettings().logo.storage.delete(name)
