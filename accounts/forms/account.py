"""allauth's forms in our words, each with its crispy helper."""

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

from accounts import usernames
from accounts.actions import InvitationSpent
from accounts.auth.backends import LOGIN_MAX_LENGTH
from accounts.models import Invitation, User
from accounts.registration import validation
from accounts.registration.pending_invitation import carried_invitation

NAME_HINT = (
    f"How people mention you (@name). Up to {usernames.MAX_LENGTH} letters, numbers, dots, hyphens or underscores. "
    "You can’t change it later, but you can add a display name."
)
PASSWORD_HINT = "At least 8 characters. Avoid common passwords; a short phrase works well."
EMAIL_HINT = "Only used to reset your password. Not shown to others."


def helper_for(form: forms.BaseForm, submit: str, *, name: str = "", tail: str = "", action: str = "") -> FormHelper:
    """All fields in their order, then one button; `redirect_field` carries allauth's `next` along."""
    helper = FormHelper()
    helper.form_action = action
    helper.attrs = {"novalidate": True}  # the server's sentences say more than the browser's
    parts = [*form.fields, HTML("{{ redirect_field }}"), Submit(name, submit)]
    helper.layout = Layout(*parts, *([HTML(tail)] if tail else []))
    return helper


def name_fields(form: forms.BaseForm, **fields: dict[str, Any]) -> None:
    """Give fields our labels, hints and attributes; labels stand above, so placeholders go."""
    for field in form.fields.values():
        field.widget.attrs.pop("placeholder", None)
    for name, (label, hint, attrs) in ((name, _described(**described)) for name, described in fields.items()):
        form.fields[name].label = label
        form.fields[name].help_text = hint
        form.fields[name].widget.attrs.update(attrs)


def _described(*, label: str, hint: str = "", **attrs: Any) -> tuple[str, str, dict[str, Any]]:
    return label, hint, attrs


class LoginForm(allauth.LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].max_length = LOGIN_MAX_LENGTH
        name_fields(
            self,
            login={
                "label": "Username or email",
                "autocomplete": "username",
                "autocapitalize": "none",
                "spellcheck": "false",
                "autofocus": True,
                "maxlength": LOGIN_MAX_LENGTH,
                "dir": "auto",
            },
            password={"label": "Password"},
        )
        self.helper = helper_for(self, "Log in")


class SignupForm(allauth.SignupForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        is_email_needed = self.fields["email"].required
        name_fields(
            self,
            username={
                "label": "Username",
                "hint": NAME_HINT,
                "autocapitalize": "none",
                "spellcheck": "false",
                "autofocus": True,
                "dir": "auto",
            },
            email={"label": "Email" if is_email_needed else "Email (optional)", "hint": EMAIL_HINT},
            password1={"label": "Password", "hint": PASSWORD_HINT},
            password2={"label": "Confirm password"},
        )
        self.helper = helper_for(self, "Create account")

    @property
    def invitation(self) -> Invitation | None:
        """Names the person who invited this visitor."""
        return carried_invitation(context.request)

    def save(self, request: HttpRequest) -> User:
        return allauth.get_adapter().save_user(request, User(), self)

    def try_save(self, request: HttpRequest) -> tuple[User | None, HttpResponse | None]:
        """What was free when the form was checked may be taken when it is stored; then the form says so."""
        try:
            return super().try_save(request)
        except ValidationError as error:
            self.add_error(None, error.messages)
        except InvitationSpent:
            self.add_error(None, "This invite has expired. Ask for a new one.")
        shown = {"form": self} | get_entrance_context_data(request)
        return None, render(request, "account/signup.html", shown)


class ChangePasswordForm(allauth.ChangePasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        name_fields(
            self,
            oldpassword={"label": "Current password", "autofocus": True},
            password1={"label": "New password", "hint": PASSWORD_HINT},
            password2={"label": "Confirm new password"},
        )
        self.helper = helper_for(self, "Change password")


class SetPasswordForm(allauth.SetPasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        name_fields(
            self,
            password1={"label": "Password", "hint": PASSWORD_HINT, "autofocus": True},
            password2={"label": "Confirm password"},
        )
        self.helper = helper_for(self, "Set password")


class ResetPasswordForm(allauth.ResetPasswordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        name_fields(self, email={"label": "Email", "autofocus": True})
        self.helper = helper_for(self, "Send reset link")


class ResetPasswordKeyForm(allauth.ResetPasswordKeyForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        name_fields(
            self,
            password1={"label": "New password", "hint": PASSWORD_HINT, "autofocus": True},
            password2={"label": "Confirm new password"},
        )
        self.helper = helper_for(self, "Change password", action="{{ action_url }}")


class ReauthenticateForm(allauth.ReauthenticateForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        name_fields(self, password={"label": "Password", "autofocus": True})
        self.helper = helper_for(self, "Continue")


class AddEmailForm(allauth.AddEmailForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        name_fields(self, email={"label": "Email address"})
        self.helper = helper_for(self, "Add", name="action_add")

    def clean_email(self) -> str:
        """Where addresses are not confirmed before they count, one that somebody uses is refused as at signing up."""
        email: str = super().clean_email()
        if settings.ACCOUNT_EMAIL_VERIFICATION != "mandatory" and validation.is_email_taken(email, except_by=self.user):
            raise allauth.get_adapter().validation_error("email_taken")
        return email
