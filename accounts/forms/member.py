"""The forms for the set-up page, the profile and invitations."""

from datetime import timedelta
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout, Submit
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.forms.account import (
    EMAIL_HINT,
    PASSWORD_HINT,
    USERNAME_HINT,
    clean_or_suggest_username,
    display_name_field,
    helper_for,
)
from accounts.forms.fields import FocusErrors, PasswordInput
from accounts.forms.site import SITE_NAME_MAX_LENGTH
from accounts.lifecycle.durations import describe
from accounts.models import User
from accounts.profile import avatars
from accounts.registration import validation

USES = (1, 5, 25)


def _expirations() -> list[tuple[str, str]]:
    durations = [("1", describe(1, "day")), ("7", describe(1, "week")), ("30", describe(30, "day"))]
    return [*durations, ("", gettext("Never expires"))]


def _max_uses() -> list[tuple[str, str]]:
    people = [(str(n), ngettext("%(count)d person", "%(count)d people", n) % {"count": n}) for n in USES]
    return [*people, ("", gettext("No limit"))]


def _languages() -> list[tuple[str, str]]:
    """Return the languages with their native names, preceded by the choice of the browser's language."""
    return [("", gettext("Match browser")), *settings.LANGUAGES]


class SetupForm(FocusErrors, forms.Form):
    """Names the site and creates the first account. A visitor from another machine needs the one-time `code`."""

    site_name = forms.CharField(
        label=_("Name of your site"),
        max_length=SITE_NAME_MAX_LENGTH,
        help_text=_("The name of your team, company or community. You can change it later."),
        widget=forms.TextInput(attrs={"autocomplete": "organization", "dir": "auto"}),
    )
    code = forms.CharField(
        label=_("One-time code"),
        max_length=60,
        help_text=_(
            "Find it in the terminal where you started the server, or in the file setup_code in the data folder."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )
    display_name = display_name_field(required=False)
    username = forms.CharField(
        label=_("Username"),
        required=False,
        max_length=60,
        help_text=USERNAME_HINT,
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false", "dir": "auto"}
        ),
    )
    email = forms.EmailField(
        label=_("Email (optional)"),
        required=False,
        help_text=EMAIL_HINT,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    password1 = forms.CharField(
        label=_("Password"),
        strip=False,
        help_text=PASSWORD_HINT,
        widget=PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, needs_code: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not needs_code:
            del self.fields["code"]
        if settings.SITE_NAME:
            del self.fields["site_name"]
        if settings.ACCOUNT_EMAIL_VERIFICATION == "mandatory":
            self.fields["email"].required = True
            self.fields["email"].label = _("Email")
        next(iter(self.fields.values())).widget.attrs["autofocus"] = True
        self.helper = helper_for(self, _("Create admin account"))
        self.helper.attrs["data-username-url"] = reverse("accounts:username_check")

    def clean_site_name(self) -> str:
        return validation.clean_site_name(self.cleaned_data["site_name"])

    def clean_username(self) -> str:
        return clean_or_suggest_username(self)

    def clean_display_name(self) -> str:
        return validation.clean_display_name(self.cleaned_data["display_name"])

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if password := cleaned.get("password1"):
            person = User(username=cleaned.get("username", ""), email=cleaned.get("email", ""))
            try:
                validation.clean_password(password, person)
            except ValidationError as error:
                self.add_error("password1", error)
        return cleaned

    def add_errors(self, error: ValidationError) -> None:
        """Show an action's errors next to their fields."""
        for field, messages in error.message_dict.items():
            name = {"password": "password1"}.get(field, field)
            self.add_error(name if name in self.fields else None, messages)


class ProfileForm(FocusErrors, forms.ModelForm):
    display_name = display_name_field(
        required=False, hint=_("Shown next to your messages. If empty, your username is used.")
    )
    photo = forms.FileField(
        required=False,
        label=_("Profile photo"),
        help_text=_("PNG, JPEG, WebP or GIF, up to 5 MB. Cropped to a square."),
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp,image/gif"}),
    )
    remove_photo = forms.BooleanField(required=False, label=_("Remove photo"))
    language = forms.ChoiceField(required=False, label=_("Language"), choices=_languages)

    class Meta:
        model = User
        fields = ["display_name", "theme", "language", "shows_room_events"]

    field_order = ["display_name", "photo", "remove_photo", "theme", "language", "shows_room_events"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance.avatar:
            del self.fields["remove_photo"]
        self.helper = helper_for(self, _("Save"))

    def clean_display_name(self) -> str:
        return validation.clean_display_name(self.cleaned_data["display_name"])

    def clean_photo(self) -> Any:
        photo = self.cleaned_data["photo"]
        if photo and photo.size > avatars.MAX_BYTES:
            raise ValidationError(_("Photo can be up to %(size)d MB.") % {"size": avatars.MAX_BYTES // 1_000_000})
        return photo


class InvitationForm(forms.Form):
    days = forms.ChoiceField(label=_("Expires after"), choices=_expirations, initial="7", required=False)
    max_uses = forms.ChoiceField(label=_("Max number of uses"), choices=_max_uses, initial="1", required=False)
    # The inviter's permission to add people to the room is checked when the invitation is used.
    room = forms.IntegerField(min_value=1, max_value=2**63 - 1, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.form_class = "row-form"
        self.helper.layout = Layout("days", "max_uses", "room", Submit("", _("Create invite link")))

    def terms(self) -> dict[str, Any]:
        """Return the arguments for `create_invitation`."""
        days, uses = self.cleaned_data["days"], self.cleaned_data["max_uses"]
        return {
            "expires_at": timezone.now() + timedelta(days=int(days)) if days else None,
            "max_uses": int(uses) if uses else None,
            "room_id": self.cleaned_data["room"],
        }
