"""The forms for scheduled messages."""

import uuid
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from messaging.saved.forms import TimeForm


class ChangeForm(TimeForm):
    """Changes a scheduled message. `is_reply`: whether it quotes a message, which may be left out."""

    submit = _("Save")
    usual_times = ("1h", "tomorrow", "monday")

    body = forms.CharField(
        label=_("Message"), strip=False, required=False, widget=forms.Textarea(attrs={"rows": 5, "dir": "auto"})
    )
    drops_reply = forms.BooleanField(label=_("Send without the quote"), required=False)
    field_order = ("body", "drops_reply", "when", "at")

    def __init__(self, *args: Any, is_reply: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["body"].widget.attrs["maxlength"] = settings.CHAT_MAX_BODY
        if not is_reply:
            del self.fields["drops_reply"]


class ScheduleForm(ChangeForm):
    """Schedules a new message. `client_id` prevents a form that is sent twice from scheduling two."""

    submit = _("Schedule message")

    reply_to = forms.IntegerField(required=False, widget=forms.HiddenInput)
    client_id = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["client_id"].initial = uuid.uuid4
        self.fields["when"].initial = "tomorrow"
