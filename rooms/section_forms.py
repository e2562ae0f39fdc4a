"""Forms for a user's own sections of the sidebar."""

from collections.abc import Iterable
from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.utils.translation import gettext_lazy as _

from rooms.forms import RefusableForm
from rooms.models import SECTION_NAME_LENGTH


class CreateSectionForm(RefusableForm):
    submit = _("Create section")

    name = forms.CharField(
        label=_("Name"),
        max_length=SECTION_NAME_LENGTH,
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"}),
    )


class MoveToSectionForm(RefusableForm):
    """Choose one of the user's serialized rooms, and one of their serialized sections or none."""

    submit = _("Move")
    submit_css = "btn-secondary"

    def __init__(
        self, *args: Any, rooms: Iterable[dict[str, Any]], sections: Iterable[dict[str, Any]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        conversations = [("", _("Choose…")), *((room["id"], room["name"]) for room in rooms)]
        places = [*((section["id"], section["name"]) for section in sections), ("", _("No section"))]
        self.fields["room"] = forms.TypedChoiceField(label=_("Conversation"), coerce=int, choices=conversations)
        self.fields["section"] = forms.TypedChoiceField(
            label=_("Section"), coerce=int, choices=places, required=False, empty_value=None
        )

    @property
    def helper(self) -> FormHelper:
        helper = super().helper
        helper.form_class = "row-form"
        return helper
