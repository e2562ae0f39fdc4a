"""The administration's forms about people: the same rules as everywhere else."""

from typing import Any

from django import forms
from django.contrib.auth.forms import AdminPasswordChangeForm, AdminUserCreationForm

from accounts.models import User
from accounts.registration.validation import NewUser
from accounts.signals import sessions_ended


class NewPersonForm(AdminUserCreationForm):
    email = forms.EmailField(required=False, label="Email")
    display_name = forms.CharField(required=False, max_length=60)

    class Meta:
        model = User
        fields = ("username", "display_name", "email")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        try:
            NewUser(**self.registration()).check()
        except forms.ValidationError as error:
            for field, sentences in error.message_dict.items():
                known = {"password": "password1"}.get(field, field)
                if known not in self.errors:
                    self.add_error(known if known in self.fields else None, sentences)
        return cleaned

    def registration(self) -> dict[str, Any]:
        """What `register_user` takes. Without a password the person chooses one through a reset e-mail."""
        given = {name: self.cleaned_data.get(name) or "" for name in ("username", "display_name", "email")}
        return {**given, "password": self.cleaned_data.get("password1") or None}


class NewPasswordForm(AdminPasswordChangeForm):
    """A changed password ends everything that was open under the old one."""

    def save(self, commit: bool = True) -> User:
        user: User = super().save(commit)
        if commit:
            sessions_ended.send(User, user=user)
        return user
