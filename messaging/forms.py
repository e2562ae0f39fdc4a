"""The forms of moderation."""

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout, Submit
from django import forms
from django.utils.text import capfirst

from accounts import lengths
from messaging.removal import SPANS
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
        label="How long", choices=[(name, capfirst(label)) for name, label in lengths.choices()], initial="day"
    )
    reason = forms.CharField(
        label="Reason",
        required=False,
        max_length=REASON_LENGTH,
        help_text="They are told it, and so are those who moderate the room.",
        widget=forms.TextInput(attrs={"dir": "auto"}),
    )
    delete = forms.ChoiceField(
        label="What they wrote here",
        required=False,
        choices=[("", "Keep it"), *((name, f"Delete {label}") for name, (label, _) in SPANS.items())],
    )


class DeleteSaidForm(DangerousForm):
    submit = "Delete for everybody"

    span = forms.ChoiceField(label="Which", choices=SPAN_CHOICES, initial="hour")
