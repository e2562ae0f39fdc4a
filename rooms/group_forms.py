"""Forms for groups of people that can be mentioned. The actions check what was entered."""

from crispy_forms.helper import FormHelper
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models.user_group import DESCRIPTION_LENGTH, TITLE_LENGTH
from accounts.usernames import MAX_LENGTH
from rooms.forms import PeopleForm, RefusableForm
from rooms.person_fields import PeopleField


class GroupForm(RefusableForm):
    submit = _("Save")

    title = forms.CharField(
        label=_("Title"),
        max_length=TITLE_LENGTH,
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"}),
        help_text=_("Such as “Operations”."),
    )
    name = forms.CharField(
        label=_("Name"),
        max_length=MAX_LENGTH + 1,
        widget=forms.TextInput(
            attrs={"dir": "auto", "autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
        help_text=_("As it’s typed after “@” in messages, such as “ops”."),
    )
    description = forms.CharField(
        label=_("Description (optional)"),
        max_length=DESCRIPTION_LENGTH,
        required=False,
        widget=forms.TextInput(attrs={"dir": "auto"}),
    )

    def add_errors(self, error: ValidationError) -> None:
        """Show the errors of an action next to their fields."""
        for field, messages in error.message_dict.items():
            self.add_error(field if field in self.fields else None, messages)


class CreateGroupForm(GroupForm):
    submit = _("Create group")


class AddToGroupForm(PeopleForm):
    submit = _("Add")

    user = PeopleField()

    @property
    def helper(self) -> FormHelper:
        helper = super().helper
        helper.form_class = "row-form"
        return helper
