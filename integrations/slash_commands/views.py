"""Pages for a room's slash commands, which its owners see."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.http import AuthenticatedHttpRequest
from accounts.links import site_origin
from integrations.models import SlashCommand
from integrations.servers.actions import delete_integration, find_integration, renew_secret, switch_integration
from integrations.servers.signatures import token_of
from integrations.slash_commands import actions
from integrations.slash_commands.forms import CommandForm
from rooms.errors import Refusal
from rooms.models import Room
from rooms.permissions import get_named_room_or_404, permissions_in, require_owner
from rooms.responses import action_view, respond


@action_view("GET")
def commands(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    room = _owned(request, pk)
    found = SlashCommand.objects.filter(room=room).select_related("bot").order_by("name")
    return _render(request, "commands", room, commands=found)


@action_view("GET", "POST")
def new_command(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    room = _owned(request, pk)
    form = CommandForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            command, secret = actions.create_command(
                actor=request.user, room=room, origin=site_origin(request), **form.cleaned_data
            )
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return _show_secret(request, room, command, secret)
    return _render(request, "new_command", room, form=form)


@action_view("GET", "POST", "DELETE")
def command(request: AuthenticatedHttpRequest, pk: int, command_pk: int) -> HttpResponse:
    room = _owned(request, pk)
    found = find_integration(SlashCommand, room, command_pk)
    if request.method == "DELETE":
        delete_integration(actor=request.user, integration=found)
        return respond(request, reverse("slash_commands:commands", args=[room.pk]), message=_("Command deleted"))
    form = CommandForm(request.POST if request.method == "POST" else None, command=found)
    if form.is_valid():
        try:
            actions.change_command(actor=request.user, command=found, **form.cleaned_data)
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("Saved."))
            return redirect("slash_commands:command", room.pk, found.pk)
    return _render(request, "command", room, command=found, form=form)


@action_view("POST", "DELETE")
def switch(request: AuthenticatedHttpRequest, pk: int, command_pk: int) -> HttpResponse:
    """POST switches a command on, DELETE switches it off."""
    found = find_integration(SlashCommand, _owned(request, pk), command_pk)
    is_enabled = request.method == "POST"
    switch_integration(actor=request.user, integration=found, is_enabled=is_enabled)
    message = _("Command turned on") if is_enabled else _("Command turned off")
    return respond(request, reverse("slash_commands:command", args=[pk, command_pk]), message=message)


@action_view("POST")
def secret(request: AuthenticatedHttpRequest, pk: int, command_pk: int) -> HttpResponse:
    room = _owned(request, pk)
    found = find_integration(SlashCommand, room, command_pk)
    return _show_secret(request, room, found, renew_secret(actor=request.user, integration=found))


def _owned(request: AuthenticatedHttpRequest, room_id: int) -> Room:
    room = get_named_room_or_404(request.user, room_id)
    require_owner(request.user, room)
    return room


def _show_secret(request: AuthenticatedHttpRequest, room: Room, command: SlashCommand, secret: str) -> HttpResponse:
    """Show a secret in the response itself, so that it is stored nowhere else."""
    return _render(request, "secret", room, command=command, secret=secret, token=token_of(secret))


def _render(request: AuthenticatedHttpRequest, name: str, room: Room, **context: Any) -> HttpResponse:
    context |= {"room": room, "permissions": permissions_in(room, request.user)}
    return render(request, f"integrations/slash_commands/{name}.html", context)
