"""The form with which users delete their account."""

from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout, Submit
from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms.account import ReauthenticateForm

KEEP, DELETE = "keep", "delete"


class DeleteAccountForm(ReauthenticateForm):
    """Requires the password, even if the user has just entered it."""

    messages = forms.ChoiceField(
        label=_("Your messages"),
        initial=KEEP,
        widget=forms.RadioSelect,
        choices=[
            (KEEP, _("Keep my messages, shown as “Deleted user”")),
            (DELETE, _("Delete all my messages (can take a few minutes)")),
        ],
    )

    field_order = ["messages", "password"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].widget.attrs.pop("autofocus", None)
        self.helper = FormHelper()
        self.helper.attrs = {"novalidate": True}
        self.helper.layout = Layout(*self.fields, Submit("", _("Delete my account"), css_class="btn-danger"))

    @property
    def deletes_messages(self) -> bool:
        return bool(self.cleaned_data["messages"] == DELETE)
