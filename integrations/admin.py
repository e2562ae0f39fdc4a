"""The admin of incoming webhooks: a list for finding out who may post where, which changes them through the actions."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.reporting.columns import link_column, person_column, tag, time_column
from integrations.incoming import actions
from integrations.models import IncomingWebhook
from integrations.outgoing import admin as outgoing_admin  # noqa: F401  (it registers itself)
from integrations.slash_commands import admin as slash_command_admin  # noqa: F401
from rooms.admin import RefusableAdmin


@admin.register(IncomingWebhook)
class IncomingWebhookAdmin(RefusableAdmin):
    list_display = ("webhook", "place", "creator", "created", "used", "accepted", "refused", "state")
    list_filter = ("is_enabled",)
    list_select_related = ("room", "bot", "created_by")
    search_fields = ("name", "description", "room__name", "created_by__username", "created_by__display_name")
    search_help_text = _("Search names, rooms and creators")
    ordering = ("-id",)
    actions = ("enable", "disable")
    fields = ("name", "description", "room", "bot", "created_by", "created_at", "last_used_at", "last_error")
    readonly_fields = fields

    @admin.display(description=_("webhook"), ordering="name")
    def webhook(self, webhook: IncomingWebhook) -> str:
        return person_column(webhook.bot, has_link=False)

    @admin.display(description=_("room"))
    def place(self, webhook: IncomingWebhook) -> str:
        return link_column(webhook.room, webhook.room)

    @admin.display(description=_("created by"))
    def creator(self, webhook: IncomingWebhook) -> str:
        return person_column(webhook.created_by)

    @admin.display(description=_("created"), ordering="created_at")
    def created(self, webhook: IncomingWebhook) -> str:
        return time_column(webhook.created_at)

    @admin.display(description=_("last used"))
    def used(self, webhook: IncomingWebhook) -> str:
        return time_column(webhook.last_used_at)

    @admin.display(description=_("state"))
    def state(self, webhook: IncomingWebhook) -> str:
        return tag(_("enabled"), "good") if webhook.is_enabled else tag(_("disabled"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: webhooks are created on the pages of rooms, which show their URLs."""
        return False

    def delete_model(self, request: HttpRequest, obj: IncomingWebhook) -> None:
        actions.delete_webhook(actor=None, webhook=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[IncomingWebhook]) -> None:
        for webhook in queryset:
            actions.delete_webhook(actor=None, webhook=webhook)

    @admin.action(description=_("Enable"), permissions=["change"])
    def enable(self, request: HttpRequest, queryset: QuerySet[IncomingWebhook]) -> None:
        for webhook in queryset:
            actions.set_enabled(actor=None, webhook=webhook, enabled=True)

    @admin.action(description=_("Disable"), permissions=["change"])
    def disable(self, request: HttpRequest, queryset: QuerySet[IncomingWebhook]) -> None:
        for webhook in queryset:
            actions.set_enabled(actor=None, webhook=webhook, enabled=False)
