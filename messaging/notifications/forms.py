"""The form for notification preferences."""

from collections.abc import Mapping
from datetime import time
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import HTML, Fieldset, Layout, Submit
from django import forms
from django.forms import BoundField
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.forms.fields import FocusErrors
from accounts.models import NotificationLevel
from messaging.models import EmailDelay, NotificationPreferences, Sound
from messaging.notifications.levels import LARGE_ROOM
from messaging.notifications.preferences import MAX_KEYWORDS, keyword_keys
from messaging.notifications.quiet_hours import DAYS
from rooms.errors import Invalid
from rooms.forms import RefusableForm

EVENING, MORNING = time(22), time(8)  # suggested for quiet hours
WEEKDAYS = (
    *(_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday")),
    *(_("Saturday"), _("Sunday")),
)
TIME_PARTS = ("on", "from", "to")


class _TimeField(forms.TimeField):
    widget = forms.TimeInput(attrs={"type": "time", "class": "form-control"}, format="%H:%M")
    input_formats = ("%H:%M", "%H:%M:%S")


class PreferencesForm(FocusErrors, forms.ModelForm):
    """Edits the preferences and keywords of a user. For each day, `quiet_0_on`, `_from` and `_to`, from Monday on."""

    level = forms.ChoiceField(
        label=_("Notify me in rooms about"),
        required=False,
        help_text=_(
            "You can choose something else for each room in its menu. In rooms with more than %(most)d people, you’re "
            "only notified about every message if you choose it there. Direct messages and group conversations always "
            "notify you, unless you mute them."
        ),
    )
    keywords = forms.CharField(
        label=_("Keywords"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "dir": "auto", "autocapitalize": "none", "spellcheck": "false"}),
        help_text=_(
            "You’re notified of messages with one of these words or phrases. One per line, up to %(count)d, with up to "
            "50 characters each. Upper and lower case and accents don’t matter."
        ),
    )
    sound = forms.ChoiceField(label=_("Sound"), choices=Sound.choices)
    email_delay = forms.TypedChoiceField(
        label=_("Email me unread messages"),
        coerce=int,
        choices=EmailDelay.choices,
        help_text=_("Only direct messages and mentions, and only if you haven’t read them by then."),
    )

    class Meta:
        model = NotificationPreferences
        fields = [
            *("level", "hears_everyone", "hears_threads", "sound", "desktop", "push", "shows_content"),
            *("email_delay", "gets_digest"),
        ]
        labels = {
            "hears_everyone": _("Notify me about @room and @here"),
            "hears_threads": _("Notify me about replies in threads that I follow"),
            "desktop": _("Show desktop notifications"),
            "push": _("Send notifications to my devices when I’m away"),
            "shows_content": _("Show what messages say in notifications and emails"),
            "gets_digest": _("Send me a weekly summary of what I missed"),
        }
        help_texts = {
            "desktop": _("While this site is open in a browser that you’ve allowed to show them."),
            "push": _("Only to devices on which you’ve turned this on."),
            "shows_content": _("Otherwise, they only say that there is something new."),
        }

    def __init__(
        self, data: QueryDict | None = None, *, instance: NotificationPreferences, keywords: list[str], default: str
    ) -> None:
        super().__init__(data, instance=instance, initial={"keywords": "\n".join(keywords)})
        label = gettext("This site’s default (%(level)s)") % {"level": NotificationLevel(default).label}
        self.fields["level"].choices = [("", label), *NotificationLevel.choices]  # type: ignore[attr-defined]
        self.fields["level"].help_text = str(self.fields["level"].help_text) % {"most": LARGE_ROOM}
        self.fields["keywords"].help_text = str(self.fields["keywords"].help_text) % {"count": MAX_KEYWORDS}
        for day in range(DAYS):
            self._add_day(day, instance.quiet_hours[day] if len(instance.quiet_hours) == DAYS else None)
        self.helper = _helper()

    def _add_day(self, day: int, hours: list[int] | None) -> None:
        begin, end = map(_time_of, hours) if hours else (EVENING, MORNING)
        on = forms.BooleanField(label=WEEKDAYS[day], required=False, initial=bool(hours))
        on.widget.attrs["class"] = "form-check-input"
        self.fields[f"quiet_{day}_on"] = on
        self.fields[f"quiet_{day}_from"] = _TimeField(label=_("From"), required=False, initial=begin)
        self.fields[f"quiet_{day}_to"] = _TimeField(label=_("To"), required=False, initial=end)

    @property
    def preferences(self) -> NotificationPreferences:
        """The stored preferences, or those of the form as far as they are valid."""
        preferences: NotificationPreferences = self.instance
        if self.is_bound and self.errors is not None:
            preferences.quiet_hours = self.cleaned_data["quiet_hours"]
        return preferences

    @property
    def days(self) -> list[tuple[BoundField, ...]]:
        """The switch and the two times of each day."""
        return [tuple(self[f"quiet_{day}_{part}"] for part in TIME_PARTS) for day in range(DAYS)]

    def clean_keywords(self) -> list[str]:
        try:
            return list(keyword_keys(self.cleaned_data["keywords"].splitlines()).values())
        except Invalid as refusal:
            raise forms.ValidationError(str(refusal.message)) from refusal

    def clean(self) -> dict[str, Any]:
        """Add `quiet_hours`, as they are stored."""
        data: dict[str, Any] = super().clean() or {}
        days = [self._clean_day(day, data) for day in range(DAYS)]
        data["quiet_hours"] = days if any(days) else []
        return data

    def _clean_day(self, day: int, data: Mapping[str, Any]) -> list[int] | None:
        if not data.get(f"quiet_{day}_on"):
            return None
        times = [data.get(f"quiet_{day}_{part}") for part in ("from", "to")]
        for part, value in zip(("from", "to"), times, strict=True):
            name = f"quiet_{day}_{part}"
            if value is None and name not in self.errors:
                self.add_error(name, gettext("Enter a time, such as 22:00."))
        return None if None in times else [_minutes_of(each) for each in times if each is not None]

    def arguments(self) -> dict[str, Any]:
        """Return the arguments for `save_preferences`."""
        return {name: self.cleaned_data[name] for name in (*self.Meta.fields, "keywords", "quiet_hours")}


class RoomLevelForm(RefusableForm):
    """Chooses the messages of a room about which its member is notified. `default`: the label of their default."""

    level = forms.ChoiceField(label=_("Notify me about"), required=False, widget=forms.RadioSelect)

    def __init__(self, data: QueryDict | None = None, *, level: str, default: str) -> None:
        super().__init__(data, initial={"level": level})
        self.fields["level"].choices = [("", default), *NotificationLevel.choices]  # type: ignore[attr-defined]


def copy_first_day(data: QueryDict) -> QueryDict:
    """Return the form's data with Monday's quiet hours for all days."""
    copied = data.copy()
    for part in TIME_PARTS:
        values = data.getlist(f"quiet_0_{part}")
        for day in range(1, DAYS):
            copied.setlist(f"quiet_{day}_{part}", values)
    return copied


def _helper() -> FormHelper:
    helper = FormHelper()
    helper.attrs = {"novalidate": True}
    helper.layout = Layout(
        HTML("<button hidden></button>"),  # The first button is the one that Enter presses.
        Fieldset(_("What to be notified about"), "level", "hears_everyone", "hears_threads", "keywords"),
        Fieldset(
            _("How"),
            HTML('{% include "messaging/_sound_field.html" %}'),
            *("desktop", "push", "shows_content"),
        ),
        Fieldset(_("Email"), HTML('{% include "messaging/_email_obstacle.html" %}'), "email_delay", "gets_digest"),
        HTML('{% include "messaging/_quiet_hours.html" %}'),
        Submit("", _("Save")),
    )
    return helper


def _time_of(minutes: int) -> time:
    return time(minutes // 60, minutes % 60)


def _minutes_of(value: time) -> int:
    return value.hour * 60 + value.minute
