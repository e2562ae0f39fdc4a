"""Pages for a room's outgoing webhooks, which its owners see."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.http import AuthenticatedHttpRequest
from accounts.links import site_origin
from integrations.models import OutgoingDelivery, OutgoingWebhook
from integrations.outgoing import actions
from integrations.outgoing.forms import WebhookForm
from integrations.servers.actions import delete_integration, find_integration, renew_secret, switch_integration
from integrations.servers.signatures import token_of
from rooms.errors import NotFound, Refusal
from rooms.models import Room
from rooms.permissions import get_named_room_or_404, permissions_in, require_owner
from rooms.responses import action_view, respond

SHOWN = 50  # deliveries


@action_view("GET")
def webhooks(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    room = _owned(request, pk)
    found = OutgoingWebhook.objects.filter(room=room).select_related("bot").order_by("pk")
    return _render(request, "webhooks", room, webhooks=found)


@action_view("GET", "POST")
def new_webhook(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    room = _owned(request, pk)
    form = WebhookForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            webhook, secret = actions.create_webhook(
                actor=request.user, room=room, origin=site_origin(request), **form.cleaned_data
            )
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return _show_secret(request, webhook, secret)
    return _render(request, "new_webhook", room, form=form)


@action_view("GET", "POST", "DELETE")
def webhook(request: AuthenticatedHttpRequest, pk: int, webhook_pk: int) -> HttpResponse:
    room = _owned(request, pk)
    found = find_integration(OutgoingWebhook, room, webhook_pk)
    if request.method == "DELETE":
        delete_integration(actor=request.user, integration=found)
        return respond(request, reverse("outgoing:webhooks", args=[room.pk]), message=_("Webhook deleted"))
    form = WebhookForm(request.POST if request.method == "POST" else None, webhook=found)
    if form.is_valid():
        try:
            actions.change_webhook(actor=request.user, webhook=found, **form.cleaned_data)
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("Saved."))
            return redirect("outgoing:webhook", room.pk, found.pk)
    deliveries = found.deliveries.order_by("-created_at", "-message")[:SHOWN]
    return _render(request, "webhook", room, webhook=found, form=form, deliveries=deliveries)


@action_view("POST", "DELETE")
def switch(request: AuthenticatedHttpRequest, pk: int, webhook_pk: int) -> HttpResponse:
    """POST switches a webhook on, DELETE switches it off."""
    found = find_integration(OutgoingWebhook, _owned(request, pk), webhook_pk)
    is_enabled = request.method == "POST"
    switch_integration(actor=request.user, integration=found, is_enabled=is_enabled)
    message = _("Webhook turned on") if is_enabled else _("Webhook turned off")
    return respond(request, reverse("outgoing:webhook", args=[pk, webhook_pk]), message=message)


@action_view("POST")
def secret(request: AuthenticatedHttpRequest, pk: int, webhook_pk: int) -> HttpResponse:
    found = find_integration(OutgoingWebhook, _owned(request, pk), webhook_pk)
    return _show_secret(request, found, renew_secret(actor=request.user, integration=found))


@action_view("POST")
def redelivery(request: AuthenticatedHttpRequest, pk: int, webhook_pk: int, delivery_pk: Any) -> HttpResponse:
    found = find_integration(OutgoingWebhook, _owned(request, pk), webhook_pk)
    delivery = OutgoingDelivery.objects.select_related("webhook").filter(webhook=found, pk=delivery_pk).first()
    if delivery is None:
        raise NotFound(_("This delivery is no longer kept."))
    actions.send_again(actor=request.user, delivery=delivery)
    return respond(request, reverse("outgoing:webhook", args=[pk, webhook_pk]), message=_("The message is sent again"))


def _owned(request: AuthenticatedHttpRequest, room_id: int) -> Room:
    room = get_named_room_or_404(request.user, room_id)
    require_owner(request.user, room)
    return room


def _show_secret(request: AuthenticatedHttpRequest, webhook: OutgoingWebhook, secret: str) -> HttpResponse:
    """Show a secret in the response itself, so that it is stored nowhere else."""
    return _render(request, "secret", webhook.room, webhook=webhook, secret=secret, token=token_of(secret))


def _render(request: AuthenticatedHttpRequest, name: str, room: Room, **context: Any) -> HttpResponse:
    context |= {"room": room, "permissions": permissions_in(room, request.user)}
    return render(request, f"integrations/outgoing/{name}.html", context)
