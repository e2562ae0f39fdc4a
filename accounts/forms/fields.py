"""Widgets and behavior that forms share."""

from typing import Any

from django import forms
from django.forms.renderers import BaseRenderer
from django.utils.html import format_html
from django.utils.safestring import SafeString


class PasswordInput(forms.PasswordInput):
    """Adds a button that shows the password, which a script inserts (static/js/elements/password_field.js)."""

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: BaseRenderer | None = None
    ) -> SafeString:
        field = super().render(name, value, attrs, renderer)
        return format_html('<password-field class="password">{}</password-field>', field)


class FocusErrors(forms.BaseForm):
    """Moves the focus to the first invalid field, or to `focus_on_failure` if the error belongs to no field."""

    focus_on_failure = ""

    def add_error(self, field: str | None, error: Any) -> None:
        super().add_error(field, error)
        invalid = [name for name in self.fields if name in self.errors]
        if target := (invalid[0] if invalid else self.focus_on_failure):
            for each in self.fields.values():
                each.widget.attrs.pop("autofocus", None)
            self.fields[target].widget.attrs["autofocus"] = True
