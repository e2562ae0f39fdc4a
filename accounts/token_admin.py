"""The admin's list of API tokens, which shows no hashes. Tokens are created on their holders' own pages."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.auth.token_actions import revoke_token
from accounts.models import APIToken, User
from accounts.reporting import confirmation
from accounts.reporting.columns import person_column, tag, time_column


class TokenStateFilter(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, Any]]:
        return [("usable", _("Usable")), ("ended", _("Revoked or expired"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[APIToken]) -> QuerySet[APIToken]:
        over = Q(revoked_at__isnull=False) | Q(expires_at__lte=timezone.now())
        conditions = {"usable": ~over, "ended": over}
        return queryset.filter(conditions.get(self.value() or "", Q()))


@admin.register(APIToken)
class APITokenAdmin(admin.ModelAdmin):
    list_display = ("token", "holder", "scope_names", "created", "last_used", "expires", "state")
    list_display_links = None
    list_filter = (TokenStateFilter, "user__is_bot")
    list_select_related = ("user",)
    search_fields = ("name", "user__username", "user__display_name")
    ordering = ("-pk",)
    actions = ("revoke",)

    @admin.display(description=_("token"), ordering="name")
    def token(self, token: APIToken) -> str:
        return f"{token.name} (…{token.hint})"

    @admin.display(description=_("holder"), ordering="user__username_key")
    def holder(self, token: APIToken) -> str:
        return person_column(token.user)

    @admin.display(description=_("scopes"))
    def scope_names(self, token: APIToken) -> str:
        return ", ".join(token.scope_values)

    @admin.display(description=_("created"), ordering="created_at")
    def created(self, token: APIToken) -> str:
        return time_column(token.created_at)

    @admin.display(description=_("last used"), ordering="last_used_at")
    def last_used(self, token: APIToken) -> str:
        return time_column(token.last_used_at)

    @admin.display(description=_("expires"), ordering="expires_at")
    def expires(self, token: APIToken) -> str:
        return time_column(token.expires_at)

    @admin.display(description=_("state"))
    def state(self, token: APIToken) -> str:
        if token.revoked_at is not None:
            return tag(_("Revoked"), "warning")
        if token.expires_at is not None and token.expires_at <= timezone.now():
            return tag(_("Expired"), "warning")
        return tag(_("Usable"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: APIToken | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: APIToken | None = None) -> bool:
        """Return False. Tokens are revoked instead, which keeps a record of them for a while."""
        return False

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("accounts.delete_apitoken")

    @admin.action(description=_("Revoke…"), permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[APIToken]) -> HttpResponse | None:
        tokens = list(queryset.filter(revoked_at=None))
        if not confirmation.is_confirmed(request):
            return confirmation.ask(
                request,
                title=ngettext("Revoke this token?", "Revoke these tokens?", len(tokens)),
                effects=[
                    gettext("Programs that use them are disconnected immediately. This can’t be undone."),
                    gettext("Their holders can create new ones."),
                ],
                button=gettext("Revoke"),
                cancel_url=request.get_full_path(),
                fields=confirmation.action_fields("revoke", tokens),
            )
        assert isinstance(request.user, User)
        for token in tokens:
            revoke_token(actor=request.user, token=token)
        self.message_user(request, ngettext("Token revoked.", "Tokens revoked.", len(tokens)), messages.SUCCESS)
        return None
