"""The form for the site's settings."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.forms.account import helper_for
from accounts.models import (
    BotCreation,
    NotificationLevel,
    SiteSettings,
    bot_creation,
    default_notification_level,
    registration_mode,
    site_name,
)
from accounts.profile import avatars
from accounts.registration import validation

SITE_NAME_MAX_LENGTH = SiteSettings._meta.get_field("name").max_length


class SiteSettingsForm(forms.Form):
    """Fields that the environment sets are disabled, and say so."""

    name = forms.CharField(
        label=_("Name"),
        max_length=SITE_NAME_MAX_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "organization", "dir": "auto"}),
    )
    logo = forms.FileField(
        required=False,
        label=_("Logo"),
        help_text=_("PNG, JPEG, WebP or GIF, up to 5 MB. Cropped to a square."),
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp,image/gif"}),
    )
    remove_logo = forms.BooleanField(required=False, label=_("Remove logo"))
    registration = forms.ChoiceField(
        label=_("Who can sign up"), choices=SiteSettings.Registration.choices, widget=forms.RadioSelect
    )

    notification_level = forms.ChoiceField(
        required=False,
        label=_("Notify people in rooms about"),
        choices=[
            (NotificationLevel.EVERYTHING, NotificationLevel.EVERYTHING.label),
            (NotificationLevel.MENTIONS, _("Mentions and replies to them")),
            (NotificationLevel.NOTHING, NotificationLevel.NOTHING.label),
        ],
        widget=forms.RadioSelect,
        help_text=_(
            "People can choose something else in their settings, and for each room. In large rooms, only those who "
            "choose it for the room are notified about every message."
        ),
    )
    bot_creation = forms.ChoiceField(
        required=False,
        label=_("Who can create bots"),
        choices=BotCreation.choices,
        widget=forms.RadioSelect,
        help_text=_("Bots are accounts of programs. They only see the rooms to which someone adds them."),
    )

    def __init__(self, *args: Any, stored: SiteSettings, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {
            "name": site_name(),
            "registration": registration_mode(),
            "notification_level": default_notification_level(),
            "bot_creation": bot_creation(),
        }
        self._stored = stored
        if not stored.logo:
            del self.fields["remove_logo"]
        for name, variable in (("name", "SITE_NAME"), ("registration", "REGISTRATION")):
            if getattr(settings, variable):
                self.fields[name].disabled = True
                self.fields[name].help_text = _("Set by %(variable)s in the server’s environment.") % {
                    "variable": variable
                }
        self.helper = helper_for(self, _("Save"))

    def clean_name(self) -> str:
        return validation.clean_site_name(self.cleaned_data["name"])

    def clean_logo(self) -> Any:
        logo = self.cleaned_data["logo"]
        if logo and logo.size > avatars.MAX_BYTES:
            raise ValidationError(_("Logo can be up to %(size)d MB.") % {"size": avatars.MAX_BYTES // 1_000_000})
        return logo

    def arguments(self) -> dict[str, Any]:
        """Return the arguments for `update_site`. Values from the environment leave the stored ones unchanged."""
        data = self.cleaned_data
        return {
            "name": self._stored.name if settings.SITE_NAME else data["name"],
            "registration": self._stored.registration if settings.REGISTRATION else data["registration"],
            "notification_level": data["notification_level"] or self._stored.notification_level,
            "bot_creation": data["bot_creation"] or self._stored.bot_creation,
            "logo": data["logo"],
            "remove_logo": data.get("remove_logo", False),
        }
