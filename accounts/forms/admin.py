"""The admin's forms for users, which apply the same rules as the site."""

from typing import Any

from django import forms
from django.contrib.auth.forms import AdminPasswordChangeForm, AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.utils.translation import gettext_lazy as _

from accounts import usernames
from accounts.models import User
from accounts.registration import validation
from accounts.registration.validation import NewUser
from accounts.signals import sessions_ended


class NewPersonForm(AdminUserCreationForm):
    email = forms.EmailField(required=False, label=_("Email"))
    display_name = forms.CharField(required=False, max_length=60, label=_("Display name"))

    class Meta:
        model = User
        fields = ("username", "display_name", "email")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        try:
            self.new_user().validate()
        except forms.ValidationError as error:
            for field, sentences in error.message_dict.items():
                name = {"password": "password1"}.get(field, field)
                if name not in self.errors:
                    self.add_error(name if name in self.fields else None, sentences)
        return cleaned

    def new_user(self) -> NewUser:
        username, display_name, email, password = (
            self.cleaned_data.get(name) or "" for name in ("username", "display_name", "email", "password1")
        )
        return NewUser(username=username, display_name=display_name, email=email, password=password or None)


class PersonForm(UserChangeForm):
    """Shows the opposite of `is_active`: whether the user is suspended."""

    password = None  # type: ignore[assignment]
    is_suspended = forms.BooleanField(
        required=False,
        label=_("Suspended"),
        help_text=_("Can’t log in until they are reinstated. Their messages stay."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["is_suspended"] = not self.instance.is_active

    def clean_username(self) -> str:
        username: str = self.cleaned_data["username"]
        return validation.clean_username(username, user=self.instance) if "username" in self.changed_data else username

    def _get_validation_exclusions(self) -> set[str]:
        """Don't validate unchanged names, which may predate a rule."""
        names = {"username", "display_name"} - set(self.changed_data)
        return super()._get_validation_exclusions() | names  # type: ignore[misc]


class GroupForm(forms.ModelForm):
    class Meta:
        model = Group
        fields = ("name", "permissions")

    def clean_name(self) -> str:
        """Reject an invisible name, or one that looks like another group's."""
        name = " ".join(self.cleaned_data["name"].split())
        if name == self.instance.name:
            return name
        usernames.validate_display_name(name)
        others = Group.objects.exclude(pk=self.instance.pk).values_list("name", flat=True)
        if usernames.skeleton(name) in map(usernames.skeleton, others):
            raise forms.ValidationError(_("There’s already a group with that name, or one that looks like it."))
        return name


class NewPasswordForm(AdminPasswordChangeForm):
    """Ends the user's sessions and closes their sockets when it sets a new password."""

    def save(self, commit: bool = True) -> User:
        user: User = super().save(commit)
        if commit:
            sessions_ended.send(User, user=user)
        return user
