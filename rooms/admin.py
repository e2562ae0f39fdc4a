"""The admin of rooms, memberships and bans, which changes them through the same actions as the site."""

from collections.abc import Callable, Iterable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.reporting.columns import link_column, person_column, tag, time_column, wide_column
from rooms import actions, moderation
from rooms.errors import Refusal
from rooms.models import MAX_SLOW_SECONDS, Ban, Membership, Room
from rooms.moderation import LIMITS

_RefusableView = Callable[..., HttpResponse]


class RefusableAdmin(admin.ModelAdmin):
    """Rolls back the request if an action is refused, and displays the refusal on the submitted page."""

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
    # Included although it is read-only, so that constraints on it are validated.
    kind = forms.ChoiceField(label=_("Kind"), choices=Room.Kind.choices, disabled=True)
    slow_seconds = forms.IntegerField(
        label=_("Slow mode"),
        required=False,
        min_value=0,
        max_value=MAX_SLOW_SECONDS,
        help_text=_("Seconds between messages from the same member. 0 turns slow mode off."),
    )

    class Meta:
        model = Room
        fields = ("kind", "name", "topic", "is_default", *LIMITS)

    def _get_validation_exclusions(self) -> set[str]:
        # The unique constraints use these columns.
        return super()._get_validation_exclusions() - {"name_key", "name_skeleton"}  # type: ignore[misc]


@admin.register(Room)
class RoomAdmin(RefusableAdmin):
    form = RoomForm
    list_display = ("room", "visibility", "member_count", "message_count", "created", "archived")
    list_filter = ("kind", "is_default", ("archived_at", admin.EmptyFieldListFilter))
    search_fields = ("name", "slug", "topic", "members__username", "members__display_name")
    search_help_text = _("Search names, topics and members")
    ordering = ("-id",)
    readonly_fields = ("created_by", "created_at", "archived_at", "last_seq")
    actions = ("archive", "unarchive")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Room]:
        """Count the members of the listed rooms only: sorted by their number, all rooms would be counted."""
        members = Membership.objects.filter(room=OuterRef("pk")).order_by().values("room")
        total = Subquery(members.annotate(total=Count("pk")).values("total"))
        return super().get_queryset(request).annotate(member_total=Coalesce(total, 0))

    @admin.display(description=_("room"), ordering="name_key")
    def room(self, room: Room) -> str:
        return str(room)

    @admin.display(description=_("visibility"), ordering="kind")
    def visibility(self, room: Room) -> str:
        return tag(room.get_kind_display(), "good" if room.kind == Room.Kind.PUBLIC else "")

    @admin.display(description=_("created"), ordering="created_at")
    def created(self, room: Room) -> str:
        return time_column(room.created_at)

    @admin.display(description=_("archived"), ordering="archived_at")
    def archived(self, room: Room) -> str:
        return time_column(room.archived_at)

    @admin.display(description=_("members"))
    def member_count(self, room: Room) -> int:
        return room.member_total  # type: ignore[attr-defined]

    @admin.display(description=_("messages"), ordering="last_seq")
    def message_count(self, room: Room) -> int:
        return room.last_seq

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: rooms need an owner, so they are created on the site or by `manage.py create_chatroom`."""
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Room | None = None) -> tuple[str, ...]:
        return self.readonly_fields + (("name", "topic", "is_default", *LIMITS) if obj and obj.is_conversation else ())

    def save_model(self, request: HttpRequest, obj: Room, form: forms.ModelForm, change: bool) -> None:
        if not obj.is_conversation:
            limits = {name: form.cleaned_data[name] for name in LIMITS}
            actions.update_room(actor=None, room=obj, name=obj.name, topic=obj.topic, is_default=obj.is_default)
            moderation.limit_posting(actor=None, room=obj, **limits)

    def get_deleted_objects(
        self, objs: Iterable[Room], request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Return the rooms and counts, and require no further permissions. Django would list every message."""
        rooms = list(objs)
        counts = {
            gettext("rooms"): len(rooms),
            gettext("memberships"): Membership.objects.filter(room__in=rooms).count(),
            gettext("messages"): sum(room.last_seq for room in rooms),
        }
        return [str(room) for room in rooms], counts, set(), []

    def delete_model(self, request: HttpRequest, obj: Room) -> None:
        actions.delete_room(actor=None, room=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Room]) -> None:
        for room in queryset:
            actions.delete_room(actor=None, room=room)

    @admin.action(description=_("Archive"), permissions=["change"])
    def archive(self, request: HttpRequest, queryset: QuerySet[Room]) -> None:
        for room in queryset:
            actions.archive_room(actor=None, room=room)

    @admin.action(description=_("Unarchive"), permissions=["change"])
    def unarchive(self, request: HttpRequest, queryset: QuerySet[Room]) -> None:
        for room in queryset:
            actions.unarchive_room(actor=None, room=room)


@admin.register(Membership)
class MembershipAdmin(RefusableAdmin):
    fields = ("room", "user", "role")
    list_display = ("person", "place", "level", "joined")
    list_filter = ("role",)
    list_select_related = ("room", "user")
    search_fields = ("room__name", "room__slug", "user__username", "user__display_name", "user__email")
    search_help_text = _("Search people and rooms")
    raw_id_fields = ("room", "user")  # autocomplete fields (select2) have no accessible name
    ordering = ("-id",)

    @admin.display(description=_("person"))
    def person(self, membership: Membership) -> str:
        return person_column(membership.user, has_link=False)

    @admin.display(description=_("room"))
    def place(self, membership: Membership) -> str:
        return link_column(membership.room, membership.room)

    @admin.display(description=_("role"), ordering="role")
    def level(self, membership: Membership) -> str:
        return tag(membership.get_role_display(), "" if membership.role == Membership.Role.MEMBER else "good")

    @admin.display(description=_("joined"), ordering="joined_at")
    def joined(self, membership: Membership) -> str:
        return time_column(membership.joined_at)

    def has_change_permission(self, request: HttpRequest, obj: Membership | None = None) -> bool:
        return not _is_in_conversation(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Membership | None = None) -> bool:
        return not _is_in_conversation(obj) and super().has_delete_permission(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Membership | None = None) -> tuple[str, ...]:
        return ("room", "user") if obj else ()

    def save_model(self, request: HttpRequest, obj: Membership, form: forms.ModelForm, change: bool) -> None:
        role = obj.role
        saved = actions.add_member(actor=None, room=obj.room, user=obj.user) if not change else obj
        if role != saved.role or change:
            saved = actions.change_role(actor=None, room=obj.room, user=obj.user, role=role)
        obj.pk = saved.pk

    def delete_model(self, request: HttpRequest, obj: Membership) -> None:
        actions.remove_member(actor=None, room=obj.room, user=obj.user)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Membership]) -> None:
        for membership in queryset.select_related("room", "user"):
            actions.remove_member(actor=None, room=membership.room, user=membership.user)


@admin.register(Ban)
class BanAdmin(RefusableAdmin):
    """Lists bans and lets admins lift them. Users are banned on the rooms' own pages."""

    list_display = ("person", "place", "why", "moderator", "since", "end")
    list_select_related = ("room", "user", "by")
    search_fields = ("room__name", "user__username", "user__display_name", "reason")
    search_help_text = _("Search people, rooms and reasons")
    ordering = ("-id",)
    actions = ("lift",)

    @admin.display(description=_("person"))
    def person(self, ban: Ban) -> str:
        return person_column(ban.user, has_link=False)

    @admin.display(description=_("room"))
    def place(self, ban: Ban) -> str:
        return link_column(ban.room, ban.room)

    @admin.display(description=_("reason"))
    def why(self, ban: Ban) -> str:
        return wide_column(ban.reason)

    @admin.display(description=_("banned by"))
    def moderator(self, ban: Ban) -> str:
        return person_column(ban.by)

    @admin.display(description=_("since"), ordering="created_at")
    def since(self, ban: Ban) -> str:
        return time_column(ban.created_at)

    @admin.display(description=_("until"), ordering="until")
    def end(self, ban: Ban) -> str:
        if ban.until is None:
            return tag(_("Permanently"), "warning")
        return time_column(ban.until) if ban.is_in_force else tag(_("Over"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Ban | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Ban | None = None) -> bool:
        return False

    def has_lift_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("rooms.change_ban")

    @admin.action(description=_("Unban"), permissions=["lift"])
    def lift(self, request: HttpRequest, queryset: QuerySet[Ban]) -> None:
        for ban in queryset.select_related("room", "user"):
            if ban.is_in_force:
                moderation.lift_ban(actor=None, room=ban.room, user=ban.user)


def _is_in_conversation(membership: Membership | None) -> bool:
    return membership is not None and membership.room.is_conversation
