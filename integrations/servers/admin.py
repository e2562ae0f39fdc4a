"""A base class for the admin's lists of integrations that send requests to servers."""

from typing import cast

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.reporting.columns import person_column, tag, time_column
from integrations.models import ServerIntegration
from integrations.servers.actions import delete_integration
from rooms.admin import RefusableAdmin


class ServerIntegrationAdmin(RefusableAdmin):
    list_select_related = ("room", "bot", "created_by")
    ordering = ("-id",)

    @admin.display(description=_("bot"))
    def account(self, integration: ServerIntegration) -> str:
        return person_column(integration.bot)

    @admin.display(description=_("server"))
    def host(self, integration: ServerIntegration) -> str:
        return integration.host

    @admin.display(description=_("state"))
    def state(self, integration: ServerIntegration) -> str:
        if not integration.is_enabled:
            return tag(gettext("off"))
        return tag(gettext("failing"), "warning") if integration.is_failing else tag(gettext("on"), "good")

    @admin.display(description=_("created by"))
    def creator(self, integration: ServerIntegration) -> str:
        return person_column(integration.created_by)

    @admin.display(description=_("created"), ordering="created_at")
    def created(self, integration: ServerIntegration) -> str:
        return time_column(integration.created_at)

    def delete_model(self, request: HttpRequest, obj: ServerIntegration) -> None:
        delete_integration(actor=cast(User, request.user), integration=obj, by_admin=True)

    def delete_queryset(self, request: HttpRequest, queryset: "QuerySet[ServerIntegration]") -> None:
        for integration in queryset:
            self.delete_model(request, integration)
