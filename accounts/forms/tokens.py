"""The forms for API tokens and bots."""

from datetime import timedelta
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout, Submit
from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.bots.permissions import can_manage_all_bots
from accounts.forms.account import display_name_field, helper_for
from accounts.forms.fields import FocusErrors
from accounts.models import Scope, User
from accounts.profile import avatars

EXPIRATION_DAYS = (7, 30, 90, 365)
DEFAULT_DAYS = "90"
DEFAULT_SCOPES = [Scope.READ.value, Scope.WRITE.value]


def _expirations() -> list[tuple[str, str]]:
    days = [(str(n), ngettext("%(count)d day", "%(count)d days", n) % {"count": n}) for n in EXPIRATION_DAYS]
    return [*days, ("", str(_("Never")))]


class ActionForm(FocusErrors, forms.Form):
    """A form whose action reports errors by field."""

    def add_errors(self, error: ValidationError) -> None:
        for field, messages in error.message_dict.items():
            self.add_error(field if field in self.fields else None, messages)


class TokenForm(ActionForm):
    """A new token of `holder`, who is the user or one of their bots."""

    name = forms.CharField(
        label=_("Name"),
        help_text=_("Where you use the token, such as “Build server”."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"}),
    )
    scopes = forms.MultipleChoiceField(
        label=_("Scopes"),
        widget=forms.CheckboxSelectMultiple,
        initial=DEFAULT_SCOPES,
        error_messages={"required": _("Choose at least one scope.")},
    )
    days = forms.ChoiceField(label=_("Expires after"), required=False, choices=_expirations, initial=DEFAULT_DAYS)

    def __init__(self, *args: Any, holder: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = [scope for scope in Scope if scope != Scope.ADMIN or holder.is_staff]
        choices = [(scope.value, format_html("<code>{}</code> – {}", scope.value, scope.label)) for scope in offered]
        self.fields["scopes"].choices = choices  # type: ignore[attr-defined]
        self.helper = helper_for(self, _("Create token"))

    def terms(self) -> dict[str, Any]:
        """Return the arguments for `create_token`."""
        days = self.cleaned_data["days"]
        expires_at = timezone.now() + timedelta(days=int(days)) if days else None
        return {"name": self.cleaned_data["name"], "scopes": self.cleaned_data["scopes"], "expires_at": expires_at}

    def add_errors(self, error: ValidationError) -> None:
        """Show errors of the expiry next to its choices."""
        fields = {{"expires_at": "days"}.get(field, field): texts for field, texts in error.message_dict.items()}
        super().add_errors(ValidationError(fields))


class BotForm(ActionForm):
    """A new bot. Admins choose whether it belongs to them or to the site."""

    username = forms.CharField(
        label=_("Username"),
        help_text=_("People mention it with “@” and this name."),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false", "dir": "auto"}
        ),
    )
    display_name = display_name_field(required=False)
    is_for_site = forms.BooleanField(
        required=False, label=_("Belongs to the site"), help_text=_("All admins can manage it and create its tokens.")
    )

    def __init__(self, *args: Any, viewer: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._viewer = viewer
        self.fields["display_name"].widget.attrs["autocomplete"] = "off"
        if not can_manage_all_bots(viewer):
            del self.fields["is_for_site"]
        self.helper = helper_for(self, _("Create bot"))

    def terms(self) -> dict[str, Any]:
        """Return the arguments for `create_bot`."""
        data = self.cleaned_data
        owner = None if data.get("is_for_site") else self._viewer
        return {"username": data["username"], "display_name": data["display_name"], "owner": owner}


class BotProfileForm(ActionForm):
    """A bot's names and photo."""

    username = forms.CharField(label=_("Username"), widget=BotForm.base_fields["username"].widget)
    display_name = display_name_field(required=False)
    photo = forms.FileField(
        required=False,
        label=_("Photo"),
        help_text=_("PNG, JPEG, WebP or GIF, up to 5 MB. Cropped to a square."),
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp,image/gif"}),
    )
    remove_photo = forms.BooleanField(required=False, label=_("Remove photo"))

    def __init__(self, *args: Any, bot: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {"username": bot.username, "display_name": bot.display_name}
        if not bot.avatar:
            del self.fields["remove_photo"]
        self.helper = FormHelper()
        self.helper.attrs = {"novalidate": True}
        self.helper.layout = Layout(*self.fields, Submit("", _("Save")))

    def clean_photo(self) -> Any:
        photo = self.cleaned_data["photo"]
        if photo and photo.size > avatars.MAX_BYTES:
            raise ValidationError(_("Photo can be up to %(size)d MB.") % {"size": avatars.MAX_BYTES // 1_000_000})
        return photo

    def terms(self) -> dict[str, Any]:
        """Return the arguments for `update_bot`."""
        return {"remove_photo": False} | self.cleaned_data
