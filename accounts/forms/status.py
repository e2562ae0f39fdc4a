"""The form for a user's status."""

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
from django.utils.html import format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.lifecycle.durations import describe
from accounts.models import Status, User
from accounts.profile.status import MAX_LENGTH, TODAY, clean_status_text, clearing_time

SUGGESTIONS = (
    _("📅 In a meeting"),
    _("🍽️ At lunch"),
    _("🏠 Working from home"),
    _("🚆 On the way"),
    _("🤒 Ill"),
    _("🌴 On holiday"),
)
KEEP = "keep"


def status_options() -> dict[str, Any]:
    """Return the choices for the chat page's status dialog."""
    return {"choices": Status.choices, "clear_after": _durations(), "suggestions": SUGGESTIONS}


def _durations() -> list[tuple[str, str]]:
    durations = [("30m", describe(30, "minute")), ("1h", describe(1, "hour")), ("4h", describe(4, "hour"))]
    return [("", gettext("Don’t clear")), *durations, (TODAY, gettext("Today"))]


def _clear_after_field(*first: tuple[str, str]) -> forms.ChoiceField:
    return forms.ChoiceField(label=_("Clear after"), choices=lambda: [*first, *_durations()], required=False)


class StatusForm(forms.Form):
    """Sets the status. A script fills in `zone`, the browser's time zone, in which 'today' ends at midnight."""

    status = forms.ChoiceField(label=_("Availability"), choices=Status.choices, widget=forms.RadioSelect)
    text = forms.CharField(
        label=_("Status message (optional)"),
        required=False,
        widget=forms.TextInput(
            attrs={"list": "status-suggestions", "maxlength": MAX_LENGTH, "autocomplete": "off", "dir": "auto"}
        ),
    )
    clear_after = _clear_after_field()
    hides_last_seen = forms.BooleanField(label=_("Hide my “last seen” time"), required=False)
    zone = forms.CharField(required=False, max_length=60, widget=forms.HiddenInput)

    def __init__(self, data: QueryDict | None = None, *, user: User) -> None:
        super().__init__(data)
        text = user.current_status_text
        self._until = user.status_until if text else None
        self.initial = {"status": user.status, "text": text, "hides_last_seen": user.hides_last_seen}
        if self._until:
            keep = gettext("Until %(time)s") % {"time": date_format(timezone.localtime(self._until), "DATETIME_FORMAT")}
            self.initial["clear_after"] = KEEP
            self.fields["clear_after"] = _clear_after_field((KEEP, keep))
        suggestions = format_html_join("", '<option value="{}">', ([text] for text in SUGGESTIONS))
        self.helper = FormHelper()
        self.helper.form_action = reverse("accounts:status")
        self.helper.attrs = {"novalidate": True}
        datalist = HTML(f'<datalist id="status-suggestions">{suggestions}</datalist>')
        self.helper.layout = Layout(*self.fields, datalist, Submit("", _("Save status")))

    def clean_text(self) -> str:
        try:
            return clean_status_text(self.cleaned_data["text"])
        except ValidationError as error:
            raise ValidationError(error.message_dict["text"]) from error

    def arguments(self) -> dict[str, Any]:
        """Return the arguments for `set_status`."""
        data = self.cleaned_data
        return {
            "status": data["status"],
            "text": data["text"],
            "until": self._end(data["clear_after"], data["zone"]),
            "hides_last_seen": data["hides_last_seen"],
        }

    def _end(self, clear_after: str, zone: str) -> datetime | None:
        return self._until if clear_after == KEEP else clearing_time(clear_after, zone)
