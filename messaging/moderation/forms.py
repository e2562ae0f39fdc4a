"""The forms of moderation."""

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout, Submit
from django import forms
from django.utils.text import capfirst

from accounts.lifecycle import durations
from messaging.moderation.bulk_delete import SPANS
from rooms.forms import RefusableForm
from rooms.moderation import REASON_LENGTH

SPAN_CHOICES = [(name, capfirst(label)) for name, (label, _) in SPANS.items()]


class DangerousForm(RefusableForm):
    @property
    def helper(self) -> FormHelper:
        helper = FormHelper()
        helper.layout = Layout(*self.fields, Submit("", self.submit, css_class="btn-danger"))
        return helper


class BanForm(DangerousForm):
    submit = "Ban"

    length = forms.ChoiceField(
        label="Duration",
        choices=lambda: [(name, capfirst(label)) for name, label in durations.choices()],
        initial="day",
    )
    reason = forms.CharField(
        label="Reason",
        required=False,
        max_length=REASON_LENGTH,
        help_text="Shown to them and to the room’s moderators.",
        widget=forms.TextInput(attrs={"dir": "auto"}),
    )
    delete = forms.ChoiceField(
        label="Their messages",
        required=False,
        choices=[("", "Keep all messages"), *((name, f"Delete {label}") for name, (label, _) in SPANS.items())],
    )


class DeleteSaidForm(DangerousForm):
    submit = "Delete for everyone"

    span = forms.ChoiceField(label="Messages to delete", choices=SPAN_CHOICES, initial="hour")
