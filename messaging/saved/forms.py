"""The form for reminders, and for any other time that users choose."""

from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import Any, ClassVar

from django import forms
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.templatetags.local_times import local_time
from messaging.saved.times import CHOICES, parse_time, time_of
from rooms.forms import RefusableForm

AT = "at"
LABELS = {
    "20m": _("In 20 minutes"),
    "1h": _("In 1 hour"),
    "tomorrow": _("Tomorrow at 9:00"),
    "monday": _("Next Monday at 9:00"),
}


class TimeForm(RefusableForm):
    """Asks for one of the usual times, or for any other, in the user's time zone."""

    usual_times: ClassVar[Sequence[str]] = tuple(CHOICES)

    when = forms.ChoiceField(label=_("When"), widget=forms.RadioSelect)
    at = forms.CharField(
        label=_("Date and time"), required=False, widget=forms.DateTimeInput(attrs={"type": "datetime-local"})
    )

    def __init__(self, *args: Any, zone: tzinfo, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._zone = zone
        self.fields["when"].choices = [*self._choices(), (AT, _("Choose date and time…"))]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Replace the choice by its time, as `time`."""
        data = super().clean() or {}
        if data.get("when") == AT:
            data["time"] = parse_time(data.get("at", ""), self._zone)
            if data["time"] is None:
                self.add_error("at", gettext("Enter a date and a time, such as 2026-12-01 09:00."))
        elif "when" in data:
            data["time"] = time_of(data["when"], timezone.now(), self._zone)
        return data

    @property
    def time(self) -> datetime:
        """The time that was chosen, in UTC."""
        at: datetime = self.cleaned_data["time"]
        return at

    def _choices(self) -> list[tuple[str, str]]:
        now = timezone.now()
        times = {name: timezone.localtime(time_of(name, now, self._zone), self._zone) for name in self.usual_times}
        return [(name, format_html("{} · {}", LABELS[name], local_time(at))) for name, at in times.items()]


class ReminderForm(TimeForm):
    """Sets a reminder."""

    submit = _("Set reminder")

    next = forms.CharField(required=False, widget=forms.HiddenInput)
    field_order = ("next", "when", "at")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["when"].initial = "20m"
