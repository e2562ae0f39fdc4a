"""The admin pages for users, groups and invitations."""

from typing import Any

from allauth.account.decorators import secure_admin_login
from allauth.usersessions.admin import UserSessionAdmin  # noqa: F401  (so that it is registered before it is unregistered)
from allauth.usersessions.models import UserSession
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.functional import lazy
from django.utils.html import format_html
from django.utils.text import format_lazy
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts import actions, audit, audit_admin, group_admin, token_admin, usernames  # noqa: F401  (three register themselves)
from accounts.admin_filters import LookalikeFilter, RoleFilter, StateFilter
from accounts.audit import Kind
from accounts.forms.admin import GroupForm, NewPasswordForm, NewPersonForm, PersonForm
from accounts.models import Invitation, User, site_name
from accounts.reporting import admin_actions, confirmation
from accounts.reporting.admin_actions import has_more_permissions
from accounts.reporting.columns import NOTHING, person_column, tag, time_column
from accounts.signals import profile_changed

_site_name = lazy(site_name, str)
admin.site.site_header = _site_name()
admin.site.site_title = format_lazy(_("{site} administration"), site=_site_name())
admin.site.index_title = _("Overview")
# Log in through the site's own page, which limits attempts.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
# Its admin shows session keys, which let anyone act as the user.
admin.site.unregister(UserSession)
admin.site.unregister(Group)


@admin.register(User)
class PersonAdmin(UserAdmin):
    list_display = ("person", "email", "state", "role", "joined", "last_seen")
    list_filter = (StateFilter, RoleFilter, LookalikeFilter)
    search_fields = ("display_name", "email")
    search_help_text = _("Search names and email addresses")
    ordering = ("username_key",)
    readonly_fields = (
        "email",
        "suspended_until",
        "last_login",
        "last_seen_at",
        "date_joined",
        "looks_like",
        "password_state",
    )
    filter_horizontal = ()
    actions = ("suspend_people", "reinstate_people")
    form = PersonForm
    add_form = NewPersonForm
    change_password_form = NewPasswordForm
    fieldsets = (
        (None, {"fields": ("username", "display_name", "email", "password_state")}),
        (
            _("Access"),
            {"fields": ("is_suspended", "suspended_until", "is_staff", "is_superuser", "groups", "user_permissions")},
        ),
        (_("Dates"), {"fields": ("date_joined", "last_login", "last_seen_at")}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "display_name", "email", "usable_password", "password1", "password2")}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """Let emails be set only on creation, since users verify them, and let only owners change permissions.

        Otherwise, anyone with the permission to change users could make themselves an owner.
        """
        permissions = () if request.user.is_superuser else ("is_staff", "is_superuser", "groups", "user_permissions")
        return (*self.readonly_fields, *permissions) if obj else ()

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Return False for people with more permissions, and for bots, which have pages of their own."""
        is_closed = obj is not None and (obj.is_bot or has_more_permissions(obj, than=request.user))
        return not is_closed and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Return False, because messages keep their author. Users are suspended instead."""
        return False

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Show which username this one looks like, if it was chosen before such names were rejected."""
        fieldsets = list(super().get_fieldsets(request, obj))
        if obj is not None and not obj.username_skeleton:
            fieldsets.insert(1, (_("Look-alike"), {"fields": ("looks_like",)}))
        return fieldsets

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """Exclude deleted accounts."""
        return super().get_queryset(request).filter(deleted_at=None)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[User], search_term: str
    ) -> tuple[QuerySet[User], bool]:
        found, duplicates = super().get_search_results(request, queryset, search_term)
        if search_term:
            found = found | queryset.filter(username_key__contains=usernames.key(search_term))
        return found, duplicates

    def save_model(self, request: HttpRequest, obj: User, form: ModelForm, change: bool) -> None:
        if not change:
            user = actions.register_user(new_user=form.new_user())  # type: ignore[attr-defined]
            obj.__dict__.update(user.__dict__)
            return
        super().save_model(request, obj, form, change)
        if {"username", "display_name"} & set(form.changed_data):
            profile_changed.send(User, user=obj)
        if changed := [field for field in form.changed_data if field != "is_suspended"]:
            audit.record(Kind.ACCOUNT_CHANGED, target=obj, fields=changed)
        if "is_suspended" in form.changed_data:
            is_suspended = form.cleaned_data["is_suspended"]
            change_state = admin_actions.suspend_people if is_suspended else admin_actions.reinstate_people
            change_state(request, [obj])

    @admin.display(description=_("password"))
    def password_state(self, user: User) -> str:
        """Show whether a password is set. Django would show the hash's parameters and its first characters."""
        state, label = (
            (_("Set"), _("Change password")) if user.has_usable_password() else (_("None"), _("Set password"))
        )
        url = reverse("admin:auth_user_password_change", args=[user.pk])
        return format_html('{} · <a href="{}">{}</a>', state, url, label)

    @admin.display(description=_("looks like"))
    def looks_like(self, user: User) -> str:
        return ", ".join(other.username for other in User.objects.resembling(user.username).exclude(pk=user.pk))

    @admin.display(description=_("person"), ordering="username_key")
    def person(self, user: User) -> str:
        return person_column(user, has_link=False)

    @admin.display(description=_("state"), ordering="-is_active")
    def state(self, user: User) -> str:
        return tag(_("Active")) if user.is_active else tag(_("Suspended"), "warning")

    @admin.display(description=_("role"), ordering="-is_staff")
    def role(self, user: User) -> str:
        if user.is_bot:
            return tag(_("Bot"))
        return tag(_("Owner"), "good") if user.is_superuser else tag(_("Admin"), "good") if user.is_staff else NOTHING

    @admin.display(description=_("joined"), ordering="date_joined")
    def joined(self, user: User) -> str:
        return time_column(user.date_joined)

    @admin.display(description=_("last seen"), ordering="last_seen_at")
    def last_seen(self, user: User) -> str:
        return time_column(user.last_seen_at)

    @admin.action(description=_("Suspend…"), permissions=["change"])
    def suspend_people(self, request: HttpRequest, queryset: QuerySet[User]) -> HttpResponse | None:
        people = list(queryset)
        if confirmation.is_confirmed(request):
            admin_actions.suspend_people(request, people)
            return None
        return confirmation.ask(
            request,
            title=ngettext("Suspend this person?", "Suspend these people?", len(people)),
            effects=admin_actions.describe_suspension(people),
            button=gettext("Suspend"),
            cancel_url=request.get_full_path(),
            fields=confirmation.action_fields("suspend_people", people),
        )

    @admin.action(description=_("Reinstate"), permissions=["change"])
    def reinstate_people(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        admin_actions.reinstate_people(request, queryset)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.reinstatement_view)
        return [path("reinstatement/", view, name="accounts_user_reinstatement"), *super().get_urls()]

    def reinstatement_view(self, request: HttpRequest) -> HttpResponse:
        """Undo suspensions."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        keys = [key for key in request.POST.getlist("user") if key.isdecimal() and len(key) < 19]
        admin_actions.reinstate_people(request, self.get_queryset(request).filter(pk__in=keys))
        return redirect(confirmation.next_url(request, reverse("admin:accounts_user_changelist")))


@admin.register(Group)
class PermissionGroupAdmin(GroupAdmin):
    form = GroupForm
    filter_horizontal = ()

    def log_addition(self, request: HttpRequest, obj: Group, message: Any) -> Any:
        audit.record(Kind.GROUP_CHANGED, target=obj, change="created")
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Group, message: Any) -> Any:
        audit.record(Kind.GROUP_CHANGED, target=obj)
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Group]) -> Any:
        for group in queryset:
            audit.record(Kind.GROUP_CHANGED, target=group, change="deleted")
        return super().log_deletions(request, queryset)


@admin.register(Invitation)
class InvitationAdmin(admin.ModelAdmin):
    """Doesn't show invitation codes, which let anyone register."""

    list_display = ("invite", "inviter", "created", "expires", "used", "revoked")
    list_select_related = ("created_by",)
    search_fields = ("created_by__username", "created_by__display_name", "created_by__email")
    actions = ("revoke",)
    view_on_site = False  # its URL contains the code

    @admin.display(description=_("invite"), ordering="id")
    def invite(self, invitation: Invitation) -> str:
        return gettext("Invite %(number)s") % {"number": invitation.pk}

    @admin.display(description=_("created by"))
    def inviter(self, invitation: Invitation) -> str:
        return person_column(invitation.created_by)

    @admin.display(description=_("created"), ordering="created_at")
    def created(self, invitation: Invitation) -> str:
        return time_column(invitation.created_at)

    @admin.display(description=_("expires"), ordering="expires_at")
    def expires(self, invitation: Invitation) -> str:
        return time_column(invitation.expires_at)

    @admin.display(description=_("used"), ordering="uses")
    def used(self, invitation: Invitation) -> str:
        if not invitation.max_uses:
            return str(invitation.uses)
        return gettext("%(uses)s of %(limit)s") % {"uses": invitation.uses, "limit": invitation.max_uses}

    @admin.display(description=_("revoked"), ordering="revoked_at")
    def revoked(self, invitation: Invitation) -> str:
        return time_column(invitation.revoked_at)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Invitation | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Invitation | None = None) -> bool:
        """Return False. Invites are revoked instead, which keeps a record of their creators and uses."""
        return False

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("accounts.delete_invitation")

    @admin.action(description=_("Revoke…"), permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[Invitation]) -> HttpResponse | None:
        invitations = list(queryset)
        if not confirmation.is_confirmed(request):
            return confirmation.ask(
                request,
                title=ngettext("Revoke this invite?", "Revoke these invites?", len(invitations)),
                effects=[
                    gettext("Their links stop working. This can’t be undone."),
                    gettext("Their creators can make new ones."),
                ],
                button=gettext("Revoke"),
                cancel_url=request.get_full_path(),
                fields=confirmation.action_fields("revoke", invitations),
            )
        assert isinstance(request.user, User)
        for invitation in invitations:
            actions.revoke_invitation(by=request.user, invitation=invitation)
        self.message_user(request, ngettext("Invite revoked.", "Invites revoked.", len(invitations)), messages.SUCCESS)
        return None
