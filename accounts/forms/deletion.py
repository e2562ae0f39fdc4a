"""The form by which a person deletes their own account."""

from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout, Submit
from django import forms

from accounts.forms.account import ReauthenticateForm

KEEP, REMOVE = "keep", "remove"


class DeleteAccountForm(ReauthenticateForm):
    """Asks for the password once more, also of who wrote it a moment ago."""

    messages = forms.ChoiceField(
        label="Your messages",
        initial=KEEP,
        widget=forms.RadioSelect,
        choices=[
            (KEEP, "Keep my messages, shown as “Deleted user”"),
            (REMOVE, "Delete all my messages (can take a few minutes)"),
        ],
    )

    field_order = ["messages", "password"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].widget.attrs.pop("autofocus", None)
        self.helper = FormHelper()
        self.helper.attrs = {"novalidate": True}
        self.helper.layout = Layout(*self.fields, Submit("", "Delete my account", css_class="btn-danger"))

    @property
    def removes_messages(self) -> bool:
        return bool(self.cleaned_data["messages"] == REMOVE)
