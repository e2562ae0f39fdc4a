"""The admin of slash commands: those of the site are created and changed there, and those of rooms can be deleted."""

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.links import site_origin
from accounts.models import User
from accounts.reporting.columns import link_column
from integrations.models import SlashCommand
from integrations.servers.actions import check_url, renew_secret, switch_integration
from integrations.servers.admin import ServerIntegrationAdmin
from integrations.servers.signatures import token_of
from integrations.slash_commands import actions
from integrations.slash_commands.names import clean_name
from rooms.errors import Refusal

CHANGED = ["name", "description", "argument_hint", "url", "dialect"]
SHOWN = ["is_enabled", "reason", "failed_at", "created_by", "created_at"]


class SiteCommandForm(forms.ModelForm):
    """Creates or changes a command of the site. A room's command is only shown."""

    bot_name = forms.CharField(
        label=_("Bot"), max_length=150, help_text=_("The username of a bot of the site, or a new one.")
    )

    class Meta:
        model = SlashCommand
        fields = CHANGED

    def clean_name(self) -> str:
        return self._checked(clean_name, self.cleaned_data["name"])

    def clean_url(self) -> str:
        self._checked(check_url, self.cleaned_data["url"])
        return str(self.cleaned_data["url"])

    def _checked(self, check: Any, value: str) -> Any:
        try:
            return check(value)
        except Refusal as refusal:
            raise forms.ValidationError(str(refusal.message)) from refusal


@admin.register(SlashCommand)
class SlashCommandAdmin(ServerIntegrationAdmin):
    form = SiteCommandForm
    list_display = ("command", "place", "account", "host", "state", "creator", "created")
    list_filter = ("is_enabled", ("room", admin.EmptyFieldListFilter))
    search_fields = ("name", "description", "room__name", "bot__username", "created_by__username")
    search_help_text = _("Search names, rooms, bots and creators")
    actions = ("turn_on", "turn_off", "replace_secret")

    @admin.display(description=_("command"), ordering="name")
    def command(self, command: SlashCommand) -> str:
        return format_html("<bdi>/{}</bdi>", command.name)

    @admin.display(description=_("room"))
    def place(self, command: SlashCommand) -> str:
        return link_column(command.room, command.room) if command.room else gettext("Everywhere")

    def get_fields(self, request: HttpRequest, obj: SlashCommand | None = None) -> list[Any]:
        if obj is None:
            return [*CHANGED, "bot_name"]
        return [*CHANGED, *SHOWN] if obj.room is None else ["room", *CHANGED[:3], "host", "dialect", *SHOWN]

    def get_readonly_fields(self, request: HttpRequest, obj: SlashCommand | None = None) -> list[str]:
        return ["room", "host", *SHOWN]

    def has_change_permission(self, request: HttpRequest, obj: SlashCommand | None = None) -> bool:
        """Return False for a command of a room, which its owners change on its own page."""
        return (obj is None or obj.room is None) and super().has_change_permission(request, obj)

    def get_form(
        self, request: HttpRequest, obj: SlashCommand | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        if obj is not None:
            form.base_fields.pop("bot_name", None)
        return form

    def save_model(self, request: HttpRequest, obj: SlashCommand, form: forms.ModelForm, change: bool) -> None:
        actor, values = cast(User, request.user), {name: form.cleaned_data[name] for name in CHANGED}
        if change:
            actions.change_command(actor=actor, command=obj, **values)
            return
        values |= {"bot": form.cleaned_data["bot_name"], "origin": site_origin(request)}
        created, secret = actions.create_command(actor=actor, room=None, **values)
        obj.pk, obj.bot = created.pk, created.bot
        request.command_secret = secret  # type: ignore[attr-defined]

    def response_add(
        self, request: HttpRequest, obj: SlashCommand, post_url_continue: str | None = None
    ) -> HttpResponse:
        return self._show_secret(request, obj, request.command_secret)  # type: ignore[attr-defined]

    @admin.action(description=_("Turn on"), permissions=["change"])
    def turn_on(self, request: HttpRequest, queryset: "QuerySet[SlashCommand]") -> None:
        self._switch(request, queryset, is_enabled=True)

    @admin.action(description=_("Turn off"), permissions=["change"])
    def turn_off(self, request: HttpRequest, queryset: "QuerySet[SlashCommand]") -> None:
        self._switch(request, queryset, is_enabled=False)

    @admin.action(description=_("Replace secret"), permissions=["change"])
    def replace_secret(self, request: HttpRequest, queryset: "QuerySet[SlashCommand]") -> HttpResponse | None:
        """Show the new secret of one command of the site."""
        found = list(queryset.filter(room=None)[:2])
        if len(found) != 1:
            self.message_user(request, gettext("Select one command of the site."), messages.ERROR)
            return None
        secret = renew_secret(actor=cast(User, request.user), integration=found[0])
        return self._show_secret(request, found[0], secret)

    def _switch(self, request: HttpRequest, queryset: "QuerySet[SlashCommand]", *, is_enabled: bool) -> None:
        for command in queryset:
            actor = cast(User, request.user)
            switch_integration(actor=actor, integration=command, is_enabled=is_enabled, by_admin=True)

    def _show_secret(self, request: HttpRequest, command: SlashCommand, secret: str) -> HttpResponse:
        """Show a secret in the response itself, so that it is stored nowhere else."""
        context = {"command": command, "secret": secret, "token": token_of(secret), "title": gettext("Command secret")}
        context |= self.admin_site.each_context(request)
        return render(request, "integrations/slash_commands/admin_secret.html", context)
