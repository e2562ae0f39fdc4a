"""Views for a room's incoming webhooks: list, create, change, regenerate the URL, disable and delete."""

from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.http import AuthenticatedHttpRequest
from integrations.incoming import actions
from integrations.incoming.forms import MARKDOWN, SLACK, CreateWebhookForm, WebhookForm
from integrations.incoming.queries import deliveries_of, webhooks_in
from integrations.incoming.secret_urls import path_of
from integrations.models import IncomingWebhook
from rooms.models import Room
from rooms.permissions import get_named_room_or_404, permissions_in, require_owner
from rooms.responses import action_view, is_program, respond


@action_view("GET", "POST")
def webhooks(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """List the room's webhooks. POST creates one and shows its URL, which is the only time."""
    room = get_named_room_or_404(request.user, pk)
    require_owner(request.user, room)
    form = CreateWebhookForm(request.POST if request.method == "POST" else None)
    if created := form.carry_out(partial(actions.create_webhook, actor=request.user, room=room)):
        return _show_url(request, room, created)
    context = {"room": room, "form": form, "webhooks": webhooks_in(room)}
    return _render(request, "integrations/webhooks.html", room, context)


@action_view("GET", "POST", "DELETE")
def webhook(request: AuthenticatedHttpRequest, pk: int, webhook_pk: int) -> HttpResponse:
    """Show a webhook with its latest deliveries. POST changes it, and DELETE deletes it."""
    room, found = _find(request, pk, webhook_pk)
    if request.method == "DELETE":
        return _delete(request, room, found)
    form = WebhookForm(request.POST if request.method == "POST" else None, initial=_values_of(found))
    if form.carry_out(partial(actions.update_webhook, actor=request.user, webhook=found)):
        messages.success(request, _("Saved."))
        return redirect("incoming:webhook", room.pk, found.pk)
    return _render_webhook(request, room, found, form=form)


@action_view("POST")
def url(request: AuthenticatedHttpRequest, pk: int, webhook_pk: int) -> HttpResponse:
    """Regenerate the URL, and show it."""
    room, found = _find(request, pk, webhook_pk)
    return _show_url(request, room, actions.regenerate_url(actor=request.user, webhook=found))


@action_view("POST", "DELETE")
def state(request: AuthenticatedHttpRequest, pk: int, webhook_pk: int) -> HttpResponse:
    """POST enables the webhook, and DELETE disables it."""
    room, found = _find(request, pk, webhook_pk)
    enabled = request.method == "POST"
    actions.set_enabled(actor=request.user, webhook=found, enabled=enabled)
    message = _("Webhook enabled.") if enabled else _("Webhook disabled.")
    return respond(request, reverse("incoming:webhook", args=[room.pk, found.pk]), message=message)


@action_view("GET", "POST")
def delete(request: AuthenticatedHttpRequest, pk: int, webhook_pk: int) -> HttpResponse:
    room, found = _find(request, pk, webhook_pk)
    if request.method == "POST":
        return _delete(request, room, found)
    return _render(request, "integrations/webhook_delete.html", room, {"room": room, "webhook": found})


def _find(request: AuthenticatedHttpRequest, pk: int, webhook_pk: int) -> tuple[Room, IncomingWebhook]:
    room = get_named_room_or_404(request.user, pk)
    return room, actions.find_webhook(request.user, room, webhook_pk)


def _delete(request: AuthenticatedHttpRequest, room: Room, found: IncomingWebhook) -> HttpResponse:
    actions.delete_webhook(actor=request.user, webhook=found)
    to = reverse("incoming:webhooks", args=[room.pk])
    return respond(request, to, message=_("%(name)s was deleted.") % {"name": found.name})


def _show_url(request: AuthenticatedHttpRequest, room: Room, new: actions.NewURL) -> HttpResponse:
    address = request.build_absolute_uri(path_of(new.secret))
    if is_program(request):
        return respond(request, "", id=new.webhook.pk, url=address)
    return _render_webhook(request, room, new.webhook, address=address)


def _render_webhook(
    request: AuthenticatedHttpRequest,
    room: Room,
    found: IncomingWebhook,
    *,
    form: WebhookForm | None = None,
    address: str = "",
) -> HttpResponse:
    context = {
        "room": room,
        "webhook": found,
        "form": form or WebhookForm(initial=_values_of(found)),
        "address": address,
        "example": f'curl -d "Hello from curl" {address}',
        "deliveries": deliveries_of(found),
    }
    return _render(request, "integrations/webhook.html", room, context)


def _render(request: AuthenticatedHttpRequest, template: str, room: Room, context: dict[str, Any]) -> HttpResponse:
    return render(request, template, context | {"permissions": permissions_in(room, request.user)})


def _values_of(found: IncomingWebhook) -> dict[str, object]:
    return {
        "name": found.name,
        "description": found.description,
        "allows_alias": found.allows_alias,
        "mentions_everyone": found.mentions_everyone,
        "text_format": MARKDOWN if found.is_markdown else SLACK,
    }
