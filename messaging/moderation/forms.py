"""Forms for moderation."""

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from accounts.lifecycle import durations
from rooms.forms import RefusableForm
from rooms.moderation import REASON_LENGTH

SPAN_CHOICES = [
    ("hour", _("Messages from the last hour")),
    ("day", _("Messages from the last 24 hours")),
    ("all", _("All messages")),
]


class HeldForm(RefusableForm):
    """A form that deletes messages. `held`: whether to delay the deletion so that it can be undone."""

    submit_css = "btn-danger"

    held = forms.BooleanField(required=False, initial=True, widget=forms.HiddenInput)


class BanForm(HeldForm):
    submit = _("Ban")

    length = forms.ChoiceField(
        label=_("Duration"),
        choices=lambda: [(name, capfirst(label)) for name, label in durations.choices()],
        initial="day",
    )
    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=REASON_LENGTH,
        help_text=_("Shown to them and to the room’s moderators."),
        widget=forms.TextInput(attrs={"dir": "auto"}),
    )
    delete = forms.ChoiceField(
        label=_("Their messages"),
        required=False,
        choices=[
            ("", _("Keep all messages")),
            ("hour", _("Delete messages from the last hour")),
            ("day", _("Delete messages from the last 24 hours")),
            ("all", _("Delete all messages")),
        ],
    )


class DeleteMessagesForm(HeldForm):
    submit = _("Delete for everyone")

    span = forms.ChoiceField(label=_("Messages to delete"), choices=SPAN_CHOICES, initial="hour")
