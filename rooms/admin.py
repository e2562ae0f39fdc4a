"""Rooms and memberships in the administration, which works through the same actions as everything else."""

from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from rooms import actions, moderation
from rooms.errors import Refusal
from rooms.models import SLOWEST, Ban, Membership, Room

LIMITS = ("slow_seconds", "is_read_only")

_RefusableView = Callable[..., HttpResponse]


class RefusableAdmin(admin.ModelAdmin):
    """An action's refusal undoes the whole request, and is said on the page that asked."""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._refusable(super().changeform_view, request, *args, **kwargs)

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._refusable(super().changelist_view, request, *args, **kwargs)

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._refusable(super().delete_view, request, *args, **kwargs)

    def _refusable(self, view: _RefusableView, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except Refusal as refusal:
            self.message_user(request, str(refusal.message), messages.ERROR)
            return redirect(request.get_full_path())


class RoomForm(forms.ModelForm):
    # Shown but not to be changed, so that the model's constraints about it are checked too.
    kind = forms.ChoiceField(choices=Room.Kind.choices, disabled=True)
    slow_seconds = forms.IntegerField(
        label="Slow mode",
        required=False,
        min_value=0,
        max_value=SLOWEST,
        help_text="Seconds between messages from the same member. 0 turns slow mode off.",
    )

    class Meta:
        model = Room
        fields = ("kind", "name", "topic", "is_default", *LIMITS)
        labels = {"is_read_only": "Only owners and moderators can post"}

    def _get_validation_exclusions(self) -> set[str]:
        # The name in the form in which it is unique.
        return super()._get_validation_exclusions() - {"name_key"}  # type: ignore[misc]


@admin.register(Room)
class RoomAdmin(RefusableAdmin):
    form = RoomForm
    list_display = ("id", "__str__", "kind", "people", "said", "archived_at")
    list_display_links = ("id", "__str__")
    list_filter = ("kind", "is_default", ("archived_at", admin.EmptyFieldListFilter))
    search_fields = ("name", "slug", "topic", "members__username", "members__display_name")
    ordering = ("-id",)
    readonly_fields = ("created_by", "created_at", "archived_at", "last_seq", "version")
    actions = ("archive", "open_again")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Room]:
        return super().get_queryset(request).annotate(people_count=Count("memberships", distinct=True))

    @admin.display(description="members", ordering="people_count")
    def people(self, room: Room) -> int:
        return room.people_count  # type: ignore[attr-defined]

    @admin.display(description="messages", ordering="last_seq")
    def said(self, room: Room) -> int:
        return room.last_seq

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Rooms are made on the site, or by `manage.py create_chatroom`: they need an owner."""
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Room | None = None) -> tuple[str, ...]:
        return self.readonly_fields + (("name", "topic", "is_default", *LIMITS) if obj and obj.is_direct else ())

    def save_model(self, request: HttpRequest, obj: Room, form: forms.ModelForm, change: bool) -> None:
        if not obj.is_direct:
            limits = {name: form.cleaned_data[name] for name in LIMITS}
            actions.update_room(actor=None, room=obj, name=obj.name, topic=obj.topic, is_default=obj.is_default)
            moderation.limit_posting(actor=None, room=obj, **limits)

    def get_deleted_objects(
        self, objs: Iterable[Room], request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """One line for each room, and counts; Django would list every message, and what goes with the room
        needs no permission of its own."""
        rooms = list(objs)
        counts = {
            "rooms": len(rooms),
            "memberships": Membership.objects.filter(room__in=rooms).count(),
            "messages": sum(room.last_seq for room in rooms),
        }
        return [str(room) for room in rooms], counts, set(), []

    def delete_model(self, request: HttpRequest, obj: Room) -> None:
        actions.delete_room(actor=None, room=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Room]) -> None:
        for room in queryset:
            actions.delete_room(actor=None, room=room)

    @admin.action(description="Archive selected rooms", permissions=["change"])
    def archive(self, request: HttpRequest, queryset: QuerySet[Room]) -> None:
        for room in queryset:
            actions.archive_room(actor=None, room=room)

    @admin.action(description="Unarchive selected rooms", permissions=["change"])
    def open_again(self, request: HttpRequest, queryset: QuerySet[Room]) -> None:
        for room in queryset:
            actions.open_room(actor=None, room=room)


@admin.register(Membership)
class MembershipAdmin(RefusableAdmin):
    fields = ("room", "user", "role")
    list_display = ("room", "user", "role", "joined_at")
    list_display_links = ("room", "user")
    list_filter = ("role",)
    list_select_related = ("room", "user")
    search_fields = ("room__name", "room__slug", "user__username", "user__display_name", "user__email")
    raw_id_fields = ("room", "user")  # the autocomplete of select2 gives its fields no name that is read aloud
    ordering = ("-id",)

    def has_change_permission(self, request: HttpRequest, obj: Membership | None = None) -> bool:
        return not _is_of_two(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Membership | None = None) -> bool:
        return not _is_of_two(obj) and super().has_delete_permission(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Membership | None = None) -> tuple[str, ...]:
        return ("room", "user") if obj else ()

    def save_model(self, request: HttpRequest, obj: Membership, form: forms.ModelForm, change: bool) -> None:
        role = obj.role
        made = actions.add_member(actor=None, room=obj.room, user=obj.user) if not change else obj
        if role != made.role or change:
            made = actions.change_role(actor=None, room=obj.room, user=obj.user, role=role)
        obj.pk = made.pk

    def delete_model(self, request: HttpRequest, obj: Membership) -> None:
        actions.remove_member(actor=None, room=obj.room, user=obj.user)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Membership]) -> None:
        for membership in queryset.select_related("room", "user"):
            actions.remove_member(actor=None, room=membership.room, user=membership.user)


@admin.register(Ban)
class BanAdmin(RefusableAdmin):
    """Who is banned from which room, and was. People are banned on the room's own pages."""

    list_display = ("room", "user", "by", "reason", "created_at", "until")
    list_select_related = ("room", "user", "by")
    search_fields = ("room__name", "user__username", "user__display_name", "reason")
    ordering = ("-id",)
    actions = ("lift",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Ban | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Ban | None = None) -> bool:
        return False

    def has_lift_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("rooms.change_ban")

    @admin.action(description="Unban selected people", permissions=["lift"])
    def lift(self, request: HttpRequest, queryset: QuerySet[Ban]) -> None:
        for ban in queryset.select_related("room", "user"):
            if ban.is_in_force:
                moderation.lift_ban(actor=None, room=ban.room, user=ban.user)


def _is_of_two(membership: Membership | None) -> bool:
    """A direct conversation needs both, as they are."""
    return membership is not None and membership.room.is_direct
