"""The form by which a person says how they are seen."""

from datetime import datetime
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import HTML, Layout, Submit
from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from accounts.models import Status, User
from accounts.profile.status import MOST, clean_status_text, clearing_time

SUGGESTIONS = ("📅 In a meeting", "🍽️ At lunch", "🏠 Working from home", "🚆 On the way", "🤒 Ill", "🌴 On holiday")
LASTING = {"": "Don’t clear", "30m": "30 minutes", "1h": "1 hour", "4h": "4 hours", "today": "Today"}
KEEP = "keep"
OFFERED = {"choices": Status.choices, "lasting": list(LASTING.items()), "suggestions": SUGGESTIONS}  # by the dialog


def _lasting(*before: tuple[str, str]) -> forms.ChoiceField:
    return forms.ChoiceField(label="Clear after", choices=[*before, *LASTING.items()], required=False)


class StatusForm(forms.Form):
    """`zone` is the person's time zone, which a script fills in: 'today' ends at their midnight."""

    status = forms.ChoiceField(label="Availability", choices=Status.choices, widget=forms.RadioSelect)
    text = forms.CharField(
        label="Status message (optional)",
        required=False,
        widget=forms.TextInput(
            attrs={"list": "status-suggestions", "maxlength": MOST, "autocomplete": "off", "dir": "auto"}
        ),
    )
    lasting = _lasting()
    hides_last_seen = forms.BooleanField(label="Hide my “last seen” time", required=False)
    zone = forms.CharField(required=False, max_length=60, widget=forms.HiddenInput)

    def __init__(self, data: QueryDict | None = None, *, user: User) -> None:
        super().__init__(data)
        text = user.current_status_text
        self._until = user.status_until if text else None
        self.initial = {"status": user.status, "text": text, "hides_last_seen": user.hides_last_seen}
        if self._until:
            at = date_format(timezone.localtime(self._until), "j M Y, H:i")
            self.initial["lasting"] = KEEP
            self.fields["lasting"] = _lasting((KEEP, f"Until {at}"))
        suggestions = "".join(f'<option value="{each}">' for each in SUGGESTIONS)
        self.helper = FormHelper()
        self.helper.form_action = reverse("accounts:status")
        self.helper.attrs = {"novalidate": True}
        suggested = HTML(f'<datalist id="status-suggestions">{suggestions}</datalist>')
        self.helper.layout = Layout(*self.fields, suggested, Submit("", "Save status"))

    def clean_text(self) -> str:
        try:
            return clean_status_text(self.cleaned_data["text"])
        except ValidationError as error:
            raise ValidationError(error.message_dict["text"]) from error

    def chosen(self) -> dict[str, Any]:
        """What `set_status` takes."""
        data = self.cleaned_data
        return {
            "status": data["status"],
            "text": data["text"],
            "until": self._chosen_until(data["lasting"], data["zone"]),
            "hides_last_seen": data["hides_last_seen"],
        }

    def _chosen_until(self, lasting: str, zone: str) -> datetime | None:
        return self._until if lasting == KEEP else clearing_time(lasting, zone)
