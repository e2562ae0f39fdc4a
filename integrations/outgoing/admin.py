"""The admin's list of outgoing webhooks. They can be deleted; the room's page changes them."""

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from integrations.models import OutgoingWebhook
from integrations.servers.admin import ServerIntegrationAdmin

FIELDS = ["room", "bot", "host", "trigger", "words", "dialect", "is_enabled", "failing_since", "reason", "created_by"]


@admin.register(OutgoingWebhook)
class OutgoingWebhookAdmin(ServerIntegrationAdmin):
    list_display = ["place", "account", "host", "trigger", "state", "creator", "created"]
    list_filter = ["is_enabled", "trigger"]
    search_fields = ["room__name", "bot__username", "created_by__username"]
    search_help_text = _("Search rooms, bots and people")
    fields = [*FIELDS, "created_at"]
    readonly_fields = [*FIELDS, "created_at"]

    @admin.display(description=_("room"))
    def place(self, webhook: OutgoingWebhook) -> str:
        return format_html("<bdi>{}</bdi>", webhook.room)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: OutgoingWebhook | None = None) -> bool:
        return False
