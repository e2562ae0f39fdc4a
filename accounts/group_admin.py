"""The admin pages for groups of people that can be mentioned. People are added on the group's own page."""

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import groups
from accounts.models import GroupMember, User, UserGroup
from accounts.reporting.columns import time_column


class UserGroupForm(forms.ModelForm):
    class Meta:
        model = UserGroup
        fields = ("title", "name", "description")
        help_texts = {"name": _("As it’s typed after “@” in messages.")}

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        texts = {field: cleaned.get(field, "") for field in self.fields if field not in self.errors}
        try:
            cleaned |= groups.clean_texts(self.instance, **texts)
        except ValidationError as error:
            for field, messages in error.message_dict.items():
                self.add_error(field, messages)
        return cleaned

    def _post_clean(self) -> None:
        """Leave the instance as it is. The action compares it with what was entered."""


@admin.register(UserGroup)
class UserGroupAdmin(admin.ModelAdmin):
    form = UserGroupForm
    list_display = ("group", "mention", "member_count", "created")
    search_fields = ("name", "title")
    ordering = ("title", "name_key")
    readonly_fields = ("people", "created_by", "created_at")
    fields = ("title", "name", "description", "people", "created_by", "created_at")

    def get_fields(self, request: HttpRequest, obj: UserGroup | None = None) -> Any:
        return self.fields if obj else ("title", "name", "description")

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Count the members of the listed groups with one query."""
        changelist = super().get_changelist_instance(request)
        listed = list(changelist.result_list)
        sizes = GroupMember.objects.filter(group__in=[group.pk for group in listed], user__is_active=True).sizes()
        for group in listed:
            group.size = sizes.get(group.pk, 0)
        changelist.result_list = listed
        return changelist

    def save_model(self, request: HttpRequest, obj: UserGroup, form: forms.ModelForm, change: bool) -> None:
        actor, texts = cast(User, request.user), {name: form.cleaned_data[name] for name in form.fields}
        if change:
            saved = groups.update_group(actor=actor, group=obj, **texts)
        else:
            saved = groups.create_group(actor=actor, **texts)
        obj.__dict__.update(saved.__dict__)

    def delete_model(self, request: HttpRequest, obj: UserGroup) -> None:
        groups.delete_group(actor=cast(User, request.user), group=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[UserGroup]) -> None:
        for group in queryset:
            self.delete_model(request, group)

    @admin.display(description=_("group"), ordering="title")
    def group(self, group: UserGroup) -> str:
        return group.title

    @admin.display(description=_("name"), ordering="name_key")
    def mention(self, group: UserGroup) -> str:
        return format_html("<bdi>@{}</bdi>", group.name)

    @admin.display(description=_("members"))
    def member_count(self, group: Any) -> int:
        return int(group.size)

    @admin.display(description=_("created"), ordering="created_at")
    def created(self, group: UserGroup) -> str:
        return time_column(group.created_at)

    @admin.display(description=_("members"))
    def people(self, group: UserGroup) -> str:
        """Show their number, and link to the page where they are added and removed."""
        number = group.members.filter(user__is_active=True).count()
        return format_html('{} · <a href="{}">{}</a>', number, group.get_absolute_url(), gettext("Manage members"))
