"""The form for a slash command."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from integrations.models import SlashCommand
from integrations.models.server_integration import MAX_URL
from integrations.models.slash_command import DESCRIPTION_LENGTH, HINT_LENGTH, NAME_LENGTH
from rooms.forms import RefusableForm

_CODE = {"autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"}


class CommandForm(RefusableForm):
    """Creates a command or, with `command`, changes it."""

    name = forms.CharField(
        label=_("Name"),
        max_length=NAME_LENGTH + 1,  # with a slash
        widget=forms.TextInput(attrs=_CODE),
        help_text=_("What people type after the slash, such as: deploy"),
    )
    description = forms.CharField(
        label=_("Description (optional)"),
        max_length=DESCRIPTION_LENGTH,
        required=False,
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"}),
        help_text=_("Shown while someone types the command."),
    )
    argument_hint = forms.CharField(
        label=_("Arguments (optional)"),
        max_length=HINT_LENGTH,
        required=False,
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"}),
        help_text=_("What may follow the name, such as: [branch]"),
    )
    bot = forms.CharField(
        label=_("Bot"),
        max_length=150,
        widget=forms.TextInput(attrs=_CODE),
        help_text=_("The username of one of your bots, or a new one. It is added to the room and posts the answers."),
    )
    url = forms.CharField(
        label=_("URL"),
        max_length=MAX_URL,
        widget=forms.URLInput(attrs={"autocomplete": "off"}),
        help_text=_("What people type after the name is sent there in a POST request."),
    )
    dialect = forms.ChoiceField(label=_("Format"), choices=SlashCommand.Dialect.choices)

    def __init__(self, *args: Any, command: SlashCommand | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if command is None:
            self.submit = _("Create command")
        else:
            del self.fields["bot"]
            self.initial = {name: getattr(command, name) for name in self.fields}
