"""allauth's forms with this site's labels and crispy helpers."""

from typing import Any

from allauth.account import forms as allauth
from allauth.account.internal.templatekit import get_entrance_context_data
from allauth.core import context
from crispy_forms.helper import FormHelper
from crispy_forms.layout import HTML, Layout, Submit
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.actions import InvitationExpired
from accounts.auth.backends import LOGIN_MAX_LENGTH
from accounts.forms.fields import FocusErrors, PasswordInput
from accounts.models import Invitation, User
from accounts.registration import validation
from accounts.registration.pending_invitation import pending_invitation
from accounts.registration.username_suggestions import suggest_username

USERNAME_HINT = _("You log in with it, and it’s shown on your profile. You can’t change it later.")
PASSWORD_HINT = _("At least 8 characters.")
EMAIL_HINT = _("Only used to reset your password. Not shown to others.")
Text = str | Promise


def helper_for(form: forms.BaseForm, submit: Text, *, name: str = "", action: str = "") -> FormHelper:
    """Lay out all fields, followed by one button. `redirect_field` is allauth's hidden `next` field."""
    helper = FormHelper()
    helper.form_action = action
    helper.attrs = {"novalidate": True}  # the server's error messages are better than the browser's
    helper.layout = Layout(*form.fields, HTML("{{ redirect_field }}"), Submit(name, submit))
    return helper


def describe_fields(form: forms.BaseForm, **fields: dict[str, Any]) -> None:
    """Set labels, hints and attributes. Remove placeholders, since all labels are visible, and repeated passwords."""
    form.fields.pop("password2", None)
    for field in form.fields.values():
        field.widget.attrs.pop("placeholder", None)
        if isinstance(field.widget, forms.PasswordInput):
            field.widget = PasswordInput(field.widget.attrs)
            field.widget.is_required = field.required
    for name, attrs in fields.items():
        field = form.fields[name]
        field.label, field.help_text = attrs.pop("label"), attrs.pop("hint", "")
        field.widget.attrs.update(attrs)


def display_name_field(*, required: bool, hint: Any = "") -> forms.CharField:
    """Return a field whose limit the server and a script check. Browsers would truncate the name silently."""
    limit = User._meta.get_field("display_name").max_length
    attrs = {"autocomplete": "name", "dir": "auto", "data-limit": limit}
    return forms.CharField(
        label=_("Display name"), required=required, help_text=hint, widget=forms.TextInput(attrs=attrs)
    )


def clean_or_suggest_username(form: forms.BaseForm) -> str:
    username: str = form.cleaned_data["username"] or suggest_username(form.cleaned_data.get("display_name", ""))
    return validation.clean_username(username)


class LoginForm(FocusErrors, allauth.LoginForm):
    focus_on_failure = "password"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].max_length = LOGIN_MAX_LENGTH  # type: ignore[attr-defined]
        describe_fields(
            self,
            login={
                "label": _("Username or email"),
                "autocomplete": "username",
                "autocapitalize": "none",
                "spellcheck": "false",
                "autofocus": True,
                "maxlength": LOGIN_MAX_LENGTH,
                "dir": "auto",
            },
            password={"label": _("Password")},
        )
        self.helper = helper_for(self, _("Log in"))


class SignupForm(FocusErrors, allauth.SignupForm):
    """Asks for the display name first. Without a username, one is derived from it."""

    display_name = display_name_field(required=False)
    field_order = ["display_name", "username", "email", "password1"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].required = False
        email_label = _("Email") if self.fields["email"].required else _("Email (optional)")
        describe_fields(
            self,
            display_name={"label": _("Display name"), "autofocus": True},
            username={
                "label": _("Username"),
                "hint": USERNAME_HINT,
                "autocapitalize": "none",
                "spellcheck": "false",
                "dir": "auto",
            },
            email={"label": email_label, "hint": EMAIL_HINT},
            password1={"label": _("Password"), "hint": PASSWORD_HINT},
        )
        self.helper = helper_for(self, _("Create account"))
        self.helper.attrs["data-username-url"] = reverse("accounts:username_check")

    def clean_display_name(self) -> str:
        return validation.clean_display_name(self.cleaned_data["display_name"])

    def clean_username(self) -> str:
        return clean_or_suggest_username(self)

    @property
    def invitation(self) -> Invitation | None:
        """The invitation that the visitor followed, used to show the inviter's name."""
        return pending_invitation(context.request)

    def save(self, request: HttpRequest) -> User:
        return allauth.get_adapter().save_user(request, User(), self)

    def try_save(self, request: HttpRequest) -> tuple[User | None, HttpResponse | None]:
        """Add a form error if the username, email or invitation was taken after the form was validated."""
        try:
            return super().try_save(request)
        except ValidationError as error:
            self.add_error(None, error.messages)
        except InvitationExpired:
            self.add_error(None, _("This invite has expired. Ask for a new one."))
        page = {"form": self} | get_entrance_context_data(request)
        return None, render(request, "account/signup.html", page)


class ChangePasswordForm(FocusErrors, allauth.ChangePasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        describe_fields(
            self,
            oldpassword={"label": _("Current password"), "autofocus": True},
            password1={"label": _("New password"), "hint": PASSWORD_HINT},
        )
        self.helper = helper_for(self, _("Change password"))


class SetPasswordForm(FocusErrors, allauth.SetPasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        describe_fields(
            self,
            password1={"label": _("Password"), "hint": PASSWORD_HINT, "autofocus": True},
        )
        self.helper = helper_for(self, _("Set password"))


class ResetPasswordForm(FocusErrors, allauth.ResetPasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        describe_fields(self, email={"label": _("Email"), "autofocus": True})
        self.helper = helper_for(self, _("Send reset link"))


class ResetPasswordKeyForm(FocusErrors, allauth.ResetPasswordKeyForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        describe_fields(
            self,
            password1={"label": _("New password"), "hint": PASSWORD_HINT, "autofocus": True},
        )
        self.helper = helper_for(self, _("Change password"), action="{{ action_url }}")


class ReauthenticateForm(FocusErrors, allauth.ReauthenticateForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        describe_fields(self, password={"label": _("Password"), "autofocus": True})
        self.helper = helper_for(self, _("Continue"))


class AddEmailForm(FocusErrors, allauth.AddEmailForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        describe_fields(self, email={"label": _("Email address")})
        self.helper = helper_for(self, _("Add"), name="action_add")

    def clean_email(self) -> str:
        """Reject an address that is in use, as on sign-up, unless addresses have to be verified first."""
        email: str = super().clean_email()
        if settings.ACCOUNT_EMAIL_VERIFICATION != "mandatory" and validation.is_email_taken(
            email, by_others_than=self.user
        ):
            raise allauth.get_adapter().validation_error("email_taken")
        return email
