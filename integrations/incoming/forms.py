"""The form for an incoming webhook."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from integrations.models.incoming import DESCRIPTION_LENGTH, NAME_LENGTH
from rooms.forms import RefusableForm

SLACK, MARKDOWN = "slack", "markdown"


class WebhookForm(RefusableForm):
    submit = _("Save")

    name = forms.CharField(
        label=_("Name"),
        max_length=NAME_LENGTH,
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"}),
        help_text=_("Messages appear under this name."),
    )
    description = forms.CharField(
        label=_("Description (optional)"),
        max_length=DESCRIPTION_LENGTH,
        required=False,
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"}),
    )
    text_format = forms.ChoiceField(
        label=_("Text format"),
        choices=[
            (SLACK, _("Slack: *bold*, <https://example.org|link>")),
            (MARKDOWN, _("Markdown, as for Mattermost: **bold**, [link](https://example.org)")),
        ],
        initial=SLACK,
        widget=forms.RadioSelect,
    )
    allows_alias = forms.BooleanField(
        label=_("Senders can choose a name"),
        required=False,
        initial=True,
        help_text=_(
            "Messages then appear under the name and emoji that were sent with them, marked as those of a bot."
        ),
    )
    mentions_everyone = forms.BooleanField(
        label=_("Messages can mention everyone in the room"),
        required=False,
        help_text=_("Otherwise, @room and @here in them notify no one."),
    )

    def values(self) -> dict[str, Any]:
        data = dict(self.cleaned_data)
        is_markdown = data.pop("text_format") == MARKDOWN
        return data | {"is_markdown": is_markdown}


class CreateWebhookForm(WebhookForm):
    submit = _("Create webhook")
