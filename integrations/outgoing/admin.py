"""The admin's list of outgoing webhooks. They can be deleted; the room's page changes them."""

from typing import cast

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.reporting.columns import person_column, tag, time_column
from integrations.models import OutgoingWebhook
from integrations.servers.actions import delete_integration

FIELDS = ["room", "bot", "host", "trigger", "words", "dialect", "is_enabled", "failing_since", "reason", "created_by"]


@admin.register(OutgoingWebhook)
class OutgoingWebhookAdmin(admin.ModelAdmin):
    list_display = ["place", "account", "host", "trigger", "state", "creator", "created"]
    list_select_related = ["room", "bot", "created_by"]
    list_filter = ["is_enabled", "trigger"]
    search_fields = ["room__name", "bot__username", "created_by__username"]
    search_help_text = _("Search rooms, bots and people")
    fields = [*FIELDS, "created_at"]
    readonly_fields = [*FIELDS, "created_at"]
    ordering = ["-id"]

    @admin.display(description=_("room"))
    def place(self, webhook: OutgoingWebhook) -> str:
        return format_html("<bdi>{}</bdi>", webhook.room)

    @admin.display(description=_("bot"))
    def account(self, webhook: OutgoingWebhook) -> str:
        return person_column(webhook.bot)

    @admin.display(description=_("server"))
    def host(self, webhook: OutgoingWebhook) -> str:
        return webhook.host

    @admin.display(description=_("state"))
    def state(self, webhook: OutgoingWebhook) -> str:
        if not webhook.is_enabled:
            return tag(gettext("off"))
        return tag(gettext("failing"), "warning") if webhook.failing_since else tag(gettext("on"), "good")

    @admin.display(description=_("created by"))
    def creator(self, webhook: OutgoingWebhook) -> str:
        return person_column(webhook.created_by)

    @admin.display(description=_("created"), ordering="created_at")
    def created(self, webhook: OutgoingWebhook) -> str:
        return time_column(webhook.created_at)

    def delete_model(self, request: HttpRequest, obj: OutgoingWebhook) -> None:
        delete_integration(actor=cast(User, request.user), integration=obj, by_admin=True)

    def delete_queryset(self, request: HttpRequest, queryset: "QuerySet[OutgoingWebhook]") -> None:
        for webhook in queryset:
            self.delete_model(request, webhook)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: OutgoingWebhook | None = None) -> bool:
        return False
