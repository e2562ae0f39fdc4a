"""Pages for a room's outgoing webhooks, which its owners see."""

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.http import AuthenticatedHttpRequest
from integrations.models import OutgoingWebhook
from integrations.outgoing import actions
from integrations.outgoing.forms import WebhookForm
from integrations.outgoing.queries import find_delivery, latest_deliveries
from integrations.servers.pages import Pages
from rooms.responses import action_view, respond

pages = Pages(
    namespace="outgoing",
    name="webhook",
    model=OutgoingWebhook,
    form=WebhookForm,
    create=actions.create_webhook,
    change=actions.change_webhook,
    context=lambda webhook: {"deliveries": latest_deliveries(webhook)},
    switched_on=gettext_lazy("Webhook turned on"),
    switched_off=gettext_lazy("Webhook turned off"),
    deleted=gettext_lazy("Webhook deleted"),
)


@action_view("POST")
def redelivery(request: AuthenticatedHttpRequest, pk: int, webhook_pk: int, delivery_pk: Any) -> HttpResponse:
    webhook = pages.find(request, pk, webhook_pk)
    actions.send_again(actor=request.user, delivery=find_delivery(webhook, delivery_pk))
    return respond(request, pages.url_of(webhook), message=_("The message is sent again"))
