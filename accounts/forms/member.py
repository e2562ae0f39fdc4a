"""The forms of setting up, of one's profile and of invitations."""

from datetime import timedelta
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout, Submit
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.forms.account import EMAIL_HINT, NAME_HINT, PASSWORD_HINT, helper_for
from accounts.models import User
from accounts.profile import avatars
from accounts.registration import validation

LASTING = {"1": "1 day", "7": "1 week", "30": "30 days", "": "Never expires"}
USES = {"1": "1 person", "5": "5 people", "25": "25 people", "": "No limit"}


class SetupForm(forms.Form):
    """The first account. `code` is asked for only where the visitor may be anybody."""

    code = forms.CharField(
        label="One-time code",
        max_length=60,
        help_text="Find it in the terminal where you started the server, or in the file setup_code in the data folder.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )
    username = forms.CharField(
        label="Username",
        max_length=60,
        help_text=NAME_HINT,
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false", "dir": "auto"}
        ),
    )
    email = forms.EmailField(
        label="Email (optional)",
        required=False,
        help_text=EMAIL_HINT,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    password1 = forms.CharField(
        label="Password",
        strip=False,
        help_text=PASSWORD_HINT,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    password2 = forms.CharField(
        label="Confirm password",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, needs_code: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not needs_code:
            del self.fields["code"]
        if settings.ACCOUNT_EMAIL_VERIFICATION == "mandatory":
            self.fields["email"].required = True
            self.fields["email"].label = "Email"
        next(iter(self.fields.values())).widget.attrs["autofocus"] = True
        self.helper = helper_for(self, "Create admin account")

    def clean_username(self) -> str:
        return validation.clean_username(self.cleaned_data["username"])

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if password := cleaned.get("password1"):
            person = User(username=cleaned.get("username", ""), email=cleaned.get("email", ""))
            try:
                validation.clean_password(password, person)
            except ValidationError as error:
                self.add_error("password1", error)
        if "password1" in cleaned and "password2" in cleaned and cleaned["password1"] != cleaned["password2"]:
            self.add_error("password2", "Passwords don’t match.")
        return cleaned

    def refuse(self, error: ValidationError) -> None:
        """Show the action's refusal beside the fields it speaks of."""
        for field, messages in error.message_dict.items():
            shown = {"password": "password1"}.get(field, field)
            self.add_error(shown if shown in self.fields else None, messages)


class ProfileForm(forms.ModelForm):
    picture = forms.FileField(
        required=False,
        label="Profile photo",
        help_text="PNG, JPEG, WebP or GIF, up to 5 MB. Cropped to a square.",
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp,image/gif"}),
    )
    remove_picture = forms.BooleanField(required=False, label="Remove photo")

    class Meta:
        model = User
        fields = ["display_name", "theme"]
        labels = {"theme": "Theme"}
        help_texts = {"display_name": "Shown next to your messages. If empty, your username is used."}
        widgets = {"display_name": forms.TextInput(attrs={"autocomplete": "name", "dir": "auto"})}

    field_order = ["display_name", "picture", "remove_picture", "theme"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance.avatar:
            del self.fields["remove_picture"]
        self.helper = helper_for(self, "Save")

    def clean_display_name(self) -> str:
        return validation.clean_display_name(self.cleaned_data["display_name"])

    def clean_picture(self) -> Any:
        picture = self.cleaned_data["picture"]
        if picture and picture.size > avatars.MAX_BYTES:
            raise ValidationError("Photo can be up to 5 MB.")
        return picture


class InvitationForm(forms.Form):
    days = forms.ChoiceField(label="Expires after", choices=list(LASTING.items()), initial="7", required=False)
    max_uses = forms.ChoiceField(label="Max number of uses", choices=list(USES.items()), initial="1", required=False)
    # Whether its maker may bring people into that room is asked when somebody comes.
    room = forms.IntegerField(min_value=1, max_value=2**63 - 1, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.form_class = "row-form"
        self.helper.layout = Layout("days", "max_uses", "room", Submit("", "Create invite link"))

    def terms(self) -> dict[str, Any]:
        """What `create_invitation` takes."""
        days, uses = self.cleaned_data["days"], self.cleaned_data["max_uses"]
        return {
            "expires_at": timezone.now() + timedelta(days=int(days)) if days else None,
            "max_uses": int(uses) if uses else None,
            "room_id": self.cleaned_data["room"],
        }
