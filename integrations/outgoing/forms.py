"""The form for an outgoing webhook."""

from django import forms
from django.utils.translation import gettext_lazy as _

from integrations.models import OutgoingWebhook
from integrations.models.outgoing import MAX_WORDS
from integrations.servers.forms import IntegrationForm, url_field


class WebhookForm(IntegrationForm):
    create_label = _("Create webhook")

    url = url_field(_("Messages are sent to this URL in a POST request."))
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
        label=_("The server can choose a name"),
        required=False,
        initial=True,
        help_text=_("Its responses then appear under the name and emoji that it sends, marked as those of a bot."),
    )
