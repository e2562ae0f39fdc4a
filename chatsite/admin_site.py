"""The admin site. Unlike Django's, it hides data from staff who lack the permission to view it."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.db import DataError, models
from django.http import HttpRequest
from django.urls import URLPattern, URLResolver

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


def _is_related_email(search_field: str) -> bool:
    return "__" in search_field and "email" in search_field.split("__")
