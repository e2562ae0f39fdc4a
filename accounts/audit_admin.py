"""The admin pages for the audit log, connections and server processes, which only the server writes."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.admin_filters import DayFilter
from accounts.models import AuditEvent, Connection, ServerProcess, User
from accounts.reporting.columns import person_column, time_column


class AuditChangeList(ChangeList):
    """Loads the people on a page of the audit log with one query. Events only know the ids of their targets."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        events = list(self.result_list)
        ids = {event.target_id for event in events if event.target_kind == "user"} | {
            event.actor_id for event in events
        }
        found = User.objects.in_bulk(ids - {None})
        for event in events:
            event.actor_person = found.get(event.actor_id)
            event.target_person = found.get(event.target_id) if event.target_kind == "user" else None
        self.result_list = events


class ReadOnlyAdmin(admin.ModelAdmin):
    """The base class for models that only the server writes."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Connection)
class ConnectionAdmin(ReadOnlyAdmin):
    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return redirect("accounts:active_users")


@admin.register(ServerProcess)
class ServerProcessAdmin(ReadOnlyAdmin):
    list_display = ("process", "started", "heartbeat")

    @admin.display(description=_("server process"), ordering="host")
    def process(self, process: ServerProcess) -> str:
        return str(process)

    @admin.display(description=_("started"), ordering="started_at")
    def started(self, process: ServerProcess) -> str:
        return time_column(process.started_at)

    @admin.display(description=_("last heartbeat"), ordering="heartbeat_at")
    def heartbeat(self, process: ServerProcess) -> str:
        return time_column(process.heartbeat_at)


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    list_display = ("when", "kind", "by", "target", "address", "details")
    list_display_links = ("when",)
    list_filter = (DayFilter, "kind")
    search_fields = ("actor_name", "target_name", "address")
    search_help_text = _("Search names and IP addresses")
    ordering = ("-at", "-pk")
    fields = ("at", "kind", "actor", "actor_name", "target_kind", "target_id", "target_name", "address", "detail")

    @admin.display(description=_("time"), ordering="at")
    def when(self, event: AuditEvent) -> str:
        return time_column(event.at)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return AuditChangeList

    @admin.display(description=_("person"), ordering="actor_name")
    def by(self, event: Any) -> SafeString | str:
        return _person(event.actor_person, event.actor_name)

    @admin.display(description=_("target"), ordering="target_name")
    def target(self, event: Any) -> SafeString | str:
        return _person(event.target_person, event.target_name)

    @admin.display(description=_("details"))
    def details(self, event: AuditEvent) -> str:
        """Return the details as text, without the ids of objects that are also named."""
        details = {name: value for name, value in event.detail.items() if value is not None and name != "room"}
        return ", ".join(f"{name.removesuffix('_name')}: {_text(value)}" for name, value in details.items())


def _person(person: User | None, recorded: str) -> SafeString | str:
    """Show a person with their photo, and with the recorded name if it differs from the current one."""
    if person is None:
        return recorded
    column = person_column(person, has_link=False)
    if recorded in (person.name, person.username):
        return column
    return format_html("{} <small><bdi>{}</bdi></small>", column, recorded)


def _text(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)
