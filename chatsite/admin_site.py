"""The admin site, which closes what Django's leaves open to staff with few permissions."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.db import DataError, models
from django.http import HttpRequest
from django.urls import URLPattern, URLResolver

# The lookups that the filters of a list use.
OPERATORS = frozenset({"exact", "isnull", "isempty", "gte", "lt", "id__exact"})


class GuardedAdmin(admin.ModelAdmin):
    """The base of every admin, added by the site."""

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:  # type: ignore[override]
        """Allow only the list's filters. Django allows all lookups of the model's own columns, so that
        `?code__startswith=` would reveal an invitation's code letter by letter.
        """
        fields = {_field_of(each) for each in self.get_list_filter(request)}
        return lookup in fields | {f"{field}__{operator}" for field in fields for operator in OPERATORS}

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        """Leave out columns of related models that hold email addresses, unless the person may see people."""
        fields = super().get_search_fields(request)
        return [name for name in fields if request.user.has_perm("accounts.view_user") or not _is_foreign_email(name)]

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        """Ignore filters, as Django does with invalid ones, whose values the database can't represent."""
        try:
            return super().get_changelist_instance(request)
        except (OverflowError, DataError) as error:
            raise IncorrectLookupParameters(error) from error

    def get_view_on_site_url(self, obj: models.Model | None = None) -> str | None:
        """Link to the object’s page directly. Django’s redirect fails for keys such as UUIDs, and asks the Host."""
        if obj is None or not self.view_on_site or not hasattr(obj, "get_absolute_url"):
            return None
        url: str = obj.get_absolute_url()
        return url


class AdminSite(admin.AdminSite):
    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        admin_class = admin_class or admin.ModelAdmin
        guarded = type(admin_class.__name__, (GuardedAdmin, admin_class), {"__module__": admin_class.__module__})
        super().register(model_or_iterable, guarded, **options)

    def get_urls(self) -> list[URLPattern | URLResolver]:
        return [url for url in super().get_urls() if getattr(url, "name", "") != "view_on_site"]


def _field_of(list_filter: Any) -> str:
    if isinstance(list_filter, type) and issubclass(list_filter, admin.SimpleListFilter):
        return list_filter.parameter_name or ""
    return list_filter[0] if isinstance(list_filter, list | tuple) else str(list_filter)


def _is_foreign_email(search_field: str) -> bool:
    return "__" in search_field and "email" in search_field.split("__")
