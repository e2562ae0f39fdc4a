"""The fields of every integration that sends requests to a server."""

from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from integrations.models import ServerIntegration
from integrations.models.server_integration import MAX_URL
from rooms.forms import RefusableForm

CODE = {"autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"}


def url_field(help_text: Any) -> forms.CharField:
    widget = forms.URLInput(attrs={"autocomplete": "off", "dir": "ltr"})
    return forms.CharField(label=_("URL"), max_length=MAX_URL, widget=widget, help_text=help_text)


class IntegrationForm(RefusableForm):
    """Creates an integration or, with `integration`, changes it."""

    create_label: Promise

    bot = forms.CharField(
        label=_("Bot"),
        max_length=150,
        widget=forms.TextInput(attrs=CODE),
        help_text=_("The username of one of your bots, or a new one. It’s added to the room and posts the responses."),
    )

    def __init__(self, *args: Any, integration: ServerIntegration | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if integration is None:
            self.submit = self.create_label
        else:
            del self.fields["bot"]
            self.initial = {name: getattr(integration, name) for name in self.fields}
