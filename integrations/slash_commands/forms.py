"""The form for a slash command."""

from django import forms
from django.utils.translation import gettext_lazy as _

from integrations.models import SlashCommand
from integrations.models.slash_command import DESCRIPTION_LENGTH, HINT_LENGTH, NAME_LENGTH
from integrations.servers.forms import CODE, IntegrationForm, url_field


class CommandForm(IntegrationForm):
    create_label = _("Create command")
    field_order = ("name", "description", "argument_hint", "bot", "url", "dialect")

    name = forms.CharField(
        label=_("Name"),
        max_length=NAME_LENGTH + 1,  # with a slash
        widget=forms.TextInput(attrs=CODE),
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
    url = url_field(_("The text after the command’s name is sent to this URL in a POST request."))
    dialect = forms.ChoiceField(label=_("Format"), choices=SlashCommand.Dialect.choices)
