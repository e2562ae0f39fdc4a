"""The pages on which a room's owners manage one kind of integration: list, create, change, switch, renew the secret."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from accounts.http import AuthenticatedHttpRequest
from accounts.links import site_origin
from integrations.models import ServerIntegration
from integrations.servers.actions import delete_integration, renew_secret, switch_integration
from integrations.servers.forms import IntegrationForm
from integrations.servers.queries import find_integration, integrations_in
from integrations.servers.signatures import token_of
from rooms.models import Room
from rooms.permissions import get_named_room_or_404, permissions_in, require_owner
from rooms.responses import action_view, respond


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """Describes the pages of a kind of integration.

    namespace: of its URLs, and the folder of its templates.
    name: of one integration in URLs' names, in templates, and as the argument of `change`.
    create, change: its actions.
    context: returns what else its page shows. `switched_on`, `switched_off`, `deleted`: messages.
    """

    namespace: str
    name: str
    model: type[ServerIntegration]
    form: type[IntegrationForm]
    create: Callable[..., tuple[ServerIntegration, str]]
    change: Callable[..., ServerIntegration]
    context: Callable[[Any], dict[str, Any]] = lambda integration: {}
    switched_on: Promise
    switched_off: Promise
    deleted: Promise

    def urls(self, folder: str) -> list[URLPattern]:
        """Return the URLs below `folder` of a room."""
        every, one = f"rooms/<int:pk>/{folder}/", f"rooms/<int:pk>/{folder}/<int:integration_pk>/"
        return [
            path(every, self._view(list_integrations, "GET"), name=f"{self.name}s"),
            path(f"{every}new/", self._view(create_integration, "GET", "POST"), name=f"new_{self.name}"),
            path(one, self._view(manage_integration, "GET", "POST", "DELETE"), name=self.name),
            path(f"{one}switch/", self._view(switch, "POST", "DELETE"), name="switch"),
            path(f"{one}secret/", self._view(secret, "POST"), name="secret"),
        ]

    def find(self, request: AuthenticatedHttpRequest, room_id: int, pk: int) -> Any:
        """Return an integration of a room that the user owns. Raises NotFound or Forbidden."""
        return find_integration(self.model, owned_room(request, room_id), pk)

    def url_of(self, integration: ServerIntegration) -> str:
        return reverse(f"{self.namespace}:{self.name}", args=[integration.room_id, integration.pk])

    def render(self, request: AuthenticatedHttpRequest, template: str, room: Room, **context: Any) -> HttpResponse:
        context |= {"room": room, "permissions": permissions_in(room, request.user), "namespace": self.namespace}
        return render(request, f"integrations/{self.namespace}/{template}.html", context)

    def _view(self, function: Callable[..., HttpResponse], *methods: str) -> Callable[..., HttpResponse]:
        return action_view(*methods)(partial(function, self))


def list_integrations(pages: Pages, request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    room = owned_room(request, pk)
    return pages.render(request, f"{pages.name}s", room, integrations=integrations_in(pages.model, room))


def create_integration(pages: Pages, request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    room = owned_room(request, pk)
    form = pages.form(request.POST if request.method == "POST" else None)
    create = partial(pages.create, actor=request.user, room=room, origin=site_origin(request))
    if created := form.carry_out(create):
        return _show_secret(pages, request, *created)
    return pages.render(request, f"new_{pages.name}", room, form=form)


def manage_integration(pages: Pages, request: AuthenticatedHttpRequest, pk: int, integration_pk: int) -> HttpResponse:
    """Show an integration. POST changes it, and DELETE deletes it."""
    found = pages.find(request, pk, integration_pk)
    if request.method == "DELETE":
        delete_integration(actor=request.user, integration=found)
        return respond(request, reverse(f"{pages.namespace}:{pages.name}s", args=[pk]), message=str(pages.deleted))
    form = pages.form(request.POST if request.method == "POST" else None, integration=found)
    if form.carry_out(partial(pages.change, actor=request.user, **{pages.name: found})):
        messages.success(request, _("Saved."))
        return redirect(pages.url_of(found))
    shown = {"integration": found, "url": pages.url_of(found), "form": form, **pages.context(found)}
    return pages.render(request, pages.name, found.room, **shown)


def switch(pages: Pages, request: AuthenticatedHttpRequest, pk: int, integration_pk: int) -> HttpResponse:
    """POST switches an integration on, DELETE switches it off."""
    found, is_enabled = pages.find(request, pk, integration_pk), request.method == "POST"
    switch_integration(actor=request.user, integration=found, is_enabled=is_enabled)
    message = pages.switched_on if is_enabled else pages.switched_off
    return respond(request, pages.url_of(found), message=str(message))


def secret(pages: Pages, request: AuthenticatedHttpRequest, pk: int, integration_pk: int) -> HttpResponse:
    found = pages.find(request, pk, integration_pk)
    return _show_secret(pages, request, found, renew_secret(actor=request.user, integration=found))


def owned_room(request: AuthenticatedHttpRequest, room_id: int) -> Room:
    room = get_named_room_or_404(request.user, room_id)
    require_owner(request.user, room)
    return room


def _show_secret(pages: Pages, request: AuthenticatedHttpRequest, integration: Any, secret: str) -> HttpResponse:
    """Show a secret in the response itself, so that it is stored nowhere else."""
    shown = {"integration": integration, "url": pages.url_of(integration)}
    shown |= {"secret": secret, "token": token_of(secret)}
    return pages.render(request, "secret", integration.room, **shown)
