"""The form that filters the list of people."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts import directory

QUERY_LENGTH = 80


class PeopleFilterForm(forms.Form):
    q = forms.CharField(required=False, strip=True)
    role = forms.ChoiceField(
        label=_("Role"), required=False, choices=[("", _("All roles")), (directory.ADMINS, _("Admins"))]
    )
    active = forms.ChoiceField(
        label=_("Last active"),
        required=False,
        choices=[
            ("", _("Any time")),
            (directory.NOW, _("Online now")),
            (directory.TODAY, _("Active today")),
            (directory.WEEK, _("Active this week")),
            (directory.NOT_FOR_A_MONTH, _("Not for a month")),
        ],
    )
    order = forms.ChoiceField(
        label=_("Order"),
        required=False,
        choices=[("", _("By name")), (directory.BY_ACTIVITY, _("By last activity"))],
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        for name in ("role", "active", "order"):
            self.fields[name].widget.attrs["class"] = "form-select"

    def clean_q(self) -> str:
        query: str = self.cleaned_data["q"]
        return query.lstrip("@")[:QUERY_LENGTH]

    @property
    def is_filtered(self) -> bool:
        return any(self.cleaned_data.get(name) for name in ("q", "role", "active"))
