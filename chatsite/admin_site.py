"""The admin site. Unlike Django's, it hides what staff lack the permission to view, and bounds the cost of lists."""

from collections.abc import Callable
from typing import Any, cast

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db import DataError, models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver
from django.utils import timezone
from django.utils.functional import Promise, cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from accounts.templatetags.local_times import local_time
from chatsite.overview import overview_for

# The lookups of list filters.
LOOKUPS = frozenset({"exact", "isnull", "isempty", "gte", "lt", "id__exact"})


# The groups of lists. Each list has a name and a description. Models that are missing here are listed last.
SECTIONS: dict[str, tuple[Promise, dict[str, tuple[Promise, Promise]]]] = {
    "people": (
        _("People"),
        {
            "accounts.User": (_("All people"), _("Accounts, suspensions and permissions")),
            "accounts.Invitation": (_("Invites"), _("Invite links and how often they were used")),
            "accounts.APIToken": (_("API tokens"), _("Tokens of programs, and when they were last used")),
            "account.EmailAddress": (_("Email addresses"), _("Addresses, and whether they are verified")),
            "accounts.UserGroup": (_("Groups"), _("People who are mentioned together, such as @ops")),
            "auth.Group": (_("Permission groups"), _("Permissions for several admins at once")),
        },
    ),
    "rooms": (
        _("Rooms"),
        {
            "rooms.Room": (_("All rooms"), _("Names, posting limits and archiving")),
            "rooms.Membership": (_("Members"), _("Members of rooms and their roles")),
            "integrations.IncomingWebhook": (_("Incoming webhooks"), _("Which services may post in which rooms")),
            "integrations.OutgoingWebhook": (
                _("Outgoing webhooks"),
                _("Rooms that send messages to other servers"),
            ),
            "integrations.SlashCommand": (_("Slash commands"), _("Commands that are run by other servers")),
        },
    ),
    "messages": (_("Messages"), {"messaging.Message": (_("All messages"), _("Messages and files in all rooms"))}),
    "moderation": (
        _("Moderation"),
        {
            "messaging.Report": (_("Reports"), _("Messages reported by members")),
            "rooms.Ban": (_("Bans"), _("People banned from rooms")),
        },
    ),
    "security": (
        _("Security"),
        {
            "accounts.AuditEvent": (_("Audit log"), _("Logins, changes and admin actions")),
            "accounts.Connection": (_("Active users"), _("Open connections: person, IP address, browser")),
            "accounts.ServerProcess": (_("Server processes"), _("Running processes of this site")),
        },
    ),
}
OTHER = ("other", _("Other"))
NAMES = {label: name for title, lists in SECTIONS.values() for label, (name, description) in lists.items()}


class BoundedPaginator(Paginator):
    """Counts and lists only the first MAX objects, so that no list costs more the longer it gets."""

    MAX = 10_000

    @cached_property
    def count(self) -> int:
        return min(self._found, self.MAX)

    @property
    def is_cut(self) -> bool:
        return self._found > self.MAX

    @cached_property
    def _found(self) -> int:
        found = cast(models.QuerySet, self.object_list)
        return found.order_by()[: self.MAX + 1].count()


class RestrictedModelAdmin(admin.ModelAdmin):
    """A base class that the site adds to every ModelAdmin."""

    paginator = BoundedPaginator
    show_full_result_count = False
    list_per_page = 50

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        title = NAMES.get(self.opts.label, capfirst(str(self.opts.verbose_name_plural)))
        return super().changelist_view(request, {"title": title, "subtitle": None, **(extra_context or {})})

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Name the object in the heading, where Django has 'Change person'."""
        if (edited := context["original"]) is not None:
            context |= {"title": str(edited), "subtitle": capfirst(str(self.opts.verbose_name))}
        return super().render_change_form(request, context, *args, **kwargs)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:  # type: ignore[override]
        """Allow only lookups of the list's filters.

        Django allows all lookups of the model's own columns: `?code__startswith=` would reveal an invitation's code.
        """
        fields = {_field_of(each) for each in self.get_list_filter(request)}
        return lookup in fields | {f"{field}__{operator}" for field in fields for operator in LOOKUPS}

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        times = {field.name: field for field in self.opts.concrete_fields if isinstance(field, models.DateTimeField)}
        columns = super().get_list_display(request)
        return [
            _local_time_column(times[name]) if isinstance(name, str) and name in times else name for name in columns
        ]

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        """Exclude email addresses of related users, unless the current user may view users."""
        fields = super().get_search_fields(request)
        return [name for name in fields if request.user.has_perm("accounts.view_user") or not _is_related_email(name)]

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> models.Model | None:
        """Ignore an empty `?_to_field=`, on which Django fails."""
        return super().get_object(request, object_id, from_field or None)

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        """Treat values that the database can't represent as invalid filters, which Django ignores."""
        try:
            return super().get_changelist_instance(request)
        except (OverflowError, DataError) as error:
            raise IncorrectLookupParameters(error) from error

    def get_view_on_site_url(self, obj: models.Model | None = None) -> str | None:
        """Link to the object’s page directly. Django’s redirect fails for UUID keys, and trusts the Host header."""
        if obj is None or not self.view_on_site or not hasattr(obj, "get_absolute_url"):
            return None
        url: str = obj.get_absolute_url()
        return url


class AdminSite(admin.AdminSite):
    empty_value_display = "–"

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        admin_class = admin_class or admin.ModelAdmin
        restricted = type(
            admin_class.__name__, (RestrictedModelAdmin, admin_class), {"__module__": admin_class.__module__}
        )
        super().register(model_or_iterable, restricted, **options)

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        return super().index(request, {"overview": overview_for(request.user), **(extra_context or {})})

    def app_index(  # type: ignore[override]
        self, request: HttpRequest, app_label: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return redirect("admin:index")

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[dict[str, Any]]:
        """Group the models by SECTIONS. Django groups them by app, of which two are called “Accounts”."""
        apps = super().get_app_list(request, app_label)
        listed = {each["model"]._meta.label: each for app in apps for each in app["models"]}
        sections: list[dict[str, Any]] = [
            {
                "app_label": key,
                "name": title,
                "models": [
                    listed.pop(label) | {"name": name, "description": description}
                    for label, (name, description) in lists.items()
                    if label in listed
                ],
            }
            for key, (title, lists) in SECTIONS.items()
        ]
        others: dict[str, Any] = {"app_label": OTHER[0], "name": OTHER[1], "models": list(listed.values())}
        return [section for section in (*sections, others) if section["models"]]

    def get_urls(self) -> list[URLPattern | URLResolver]:
        return [url for url in super().get_urls() if getattr(url, "name", "") != "view_on_site"]


def _field_of(list_filter: Any) -> str:
    if isinstance(list_filter, type) and issubclass(list_filter, admin.SimpleListFilter):
        return list_filter.parameter_name or ""
    return list_filter[0] if isinstance(list_filter, list | tuple) else str(list_filter)


def _local_time_column(field: models.DateTimeField) -> Callable[[models.Model], str | None]:
    @admin.display(description=field.verbose_name, ordering=field.name)
    def column(obj: models.Model) -> str | None:
        at = getattr(obj, field.name)
        return local_time(timezone.localtime(at)) if at else None

    column.__name__ = field.name  # names the column's CSS class
    return column


def _is_related_email(search_field: str) -> bool:
    return "__" in search_field and "email" in search_field.split("__")
