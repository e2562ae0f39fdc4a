"""The form for an outgoing webhook."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from integrations.models import OutgoingWebhook
from integrations.models.outgoing import MAX_WORDS
from integrations.models.server_integration import MAX_URL
from rooms.forms import RefusableForm


class WebhookForm(RefusableForm):
    """Creates a webhook or, with `webhook`, changes it."""

    bot = forms.CharField(
        label=_("Bot"),
        max_length=150,
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false"}),
        help_text=_("The username of one of your bots, or a new one. It is added to the room and posts the answers."),
    )
    url = forms.CharField(
        label=_("URL"),
        max_length=MAX_URL,
        widget=forms.URLInput(attrs={"autocomplete": "off"}),
        help_text=_("Messages are sent there in a POST request."),
    )
    trigger = forms.ChoiceField(
        label=_("What is sent"),
        choices=OutgoingWebhook.Trigger.choices,
        initial=OutgoingWebhook.Trigger.MENTION,
        widget=forms.RadioSelect,
    )
    words = forms.CharField(
        label=_("Words"),
        max_length=MAX_WORDS,
        required=False,
        widget=forms.TextInput(attrs={"dir": "auto"}),
        help_text=_("Separated by commas, such as: deploy, !status"),
    )
    dialect = forms.ChoiceField(label=_("Format"), choices=OutgoingWebhook.Dialect.choices)

    allows_alias = forms.BooleanField(
        label=_("Answers can choose a name"),
        required=False,
        initial=True,
        help_text=_("They then appear under the name and emoji that the server sends, marked as those of a bot."),
    )

    def __init__(self, *args: Any, webhook: OutgoingWebhook | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if webhook is None:
            self.submit = _("Create webhook")
        else:
            del self.fields["bot"]
            self.initial = {name: getattr(webhook, name) for name in self.fields}
