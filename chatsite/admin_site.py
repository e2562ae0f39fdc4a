"""The admin site. It hides data from staff who lack the permission to view it, and shows times like all other pages."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.db import DataError, models
from django.http import HttpRequest
from django.urls import URLPattern, URLResolver
from django.utils import timezone

from accounts.templatetags.local_times import local_time

# The lookups of list filters.
LOOKUPS = frozenset({"exact", "isnull", "isempty", "gte", "lt", "id__exact"})


class RestrictedModelAdmin(admin.ModelAdmin):
    """A base class that the site adds to every ModelAdmin."""

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
    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        admin_class = admin_class or admin.ModelAdmin
        restricted = type(
            admin_class.__name__, (RestrictedModelAdmin, admin_class), {"__module__": admin_class.__module__}
        )
        super().register(model_or_iterable, restricted, **options)

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
