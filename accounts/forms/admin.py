"""The admin's forms for users, which apply the same rules as the site."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.forms import AdminPasswordChangeForm, AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Q
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from accounts import usernames
from accounts.models import User
from accounts.registration import validation
from accounts.registration.validation import NewUser
from accounts.signals import sessions_ended

VERBS = {"view": _("see"), "add": _("add"), "change": _("edit"), "delete": _("delete")}


class NewPersonForm(AdminUserCreationForm):
    email = forms.EmailField(required=False, label=_("Email"))
    display_name = forms.CharField(required=False, max_length=60, label=_("Display name"))

    class Meta:
        model = User
        fields = ("username", "display_name", "email")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _word_password_choice(self)

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


class PermissionsField(forms.ModelMultipleChoiceField):
    """The permissions for what the admin lists, as check boxes that say what they allow."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(Permission.objects.select_related("content_type"), required=False, **kwargs)

    def limit_to_lists(self, instance: models.Model) -> None:
        """Offer no other permissions than those that `instance` already has."""
        types = ContentType.objects.get_for_models(*admin.site._registry).values()
        held = getattr(instance, "user_permissions", getattr(instance, "permissions", None)) if instance.pk else None
        offered = Q(content_type__in=types) | (Q(pk__in=held.values("pk")) if held is not None else Q(pk=None))
        permissions = Permission.objects.select_related("content_type").filter(offered)
        self.queryset = permissions.order_by("content_type__app_label", "content_type__model", "pk")

    def label_from_instance(self, permission: Permission) -> str:
        model = permission.content_type.model_class()
        verb = VERBS.get(permission.codename.partition("_")[0])
        if model is None or verb is None:
            return permission.name
        return _("%(things)s: %(verb)s") % {"things": capfirst(model._meta.verbose_name_plural), "verb": verb}


class PersonForm(UserChangeForm):
    """Shows the opposite of `is_active`: whether the user is suspended."""

    password = None  # type: ignore[assignment]
    is_suspended = forms.BooleanField(
        required=False,
        label=_("Suspended"),
        help_text=_("Can’t log in until they are reinstated. Their messages stay."),
    )

    groups = forms.ModelMultipleChoiceField(
        Group.objects.order_by("name"),
        required=False,
        label=_("Groups"),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Admins have the permissions of all their groups."),
    )
    user_permissions = PermissionsField(label=_("Permissions"), help_text=_("In addition to those of the groups."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if isinstance(field := self.fields.get("user_permissions"), PermissionsField):
            field.limit_to_lists(self.instance)
        self.initial["is_suspended"] = not self.instance.is_active

    def clean_username(self) -> str:
        username: str = self.cleaned_data["username"]
        return validation.clean_username(username, user=self.instance) if "username" in self.changed_data else username

    def _get_validation_exclusions(self) -> set[str]:
        """Don't validate unchanged names, which may predate a rule."""
        names = {"username", "display_name"} - set(self.changed_data)
        return super()._get_validation_exclusions() | names  # type: ignore[misc]


class GroupForm(forms.ModelForm):
    permissions = PermissionsField(label=_("Permissions"))

    class Meta:
        model = Group
        fields = ("name", "permissions")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if isinstance(field := self.fields.get("permissions"), PermissionsField):
            field.limit_to_lists(self.instance)

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

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _word_password_choice(self)

    def save(self, commit: bool = True) -> User:
        user: User = super().save(commit)
        if commit:
            sessions_ended.send(User, user=user)
        return user


def _word_password_choice(form: forms.BaseForm) -> None:
    """Replace Django's “Password-based authentication”, which mentions LDAP."""
    if isinstance(field := form.fields.get("usable_password"), forms.ChoiceField):
        field.label = _("Log in with a password")
        field.help_text = _("Otherwise, they set one by email, with “Forgot your password?”.")
        field.choices = [("true", _("Yes")), ("false", _("No"))]
