"""Views for API tokens: the user's own, and those of bots."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.actions import NotAllowed
from accounts.auth.token_actions import NewToken, can_create_token, can_revoke_token, create_token, revoke_token
from accounts.forms.tokens import TokenForm
from accounts.http import AuthenticatedHttpRequest
from accounts.models import APIToken, User


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def tokens(request: AuthenticatedHttpRequest) -> HttpResponse:
    """List the user's tokens. POST creates one, and shows its secret on this page only."""
    form = TokenForm(request.POST or None, holder=request.user)
    new = create_from(form, actor=request.user, user=request.user)
    context = {"form": TokenForm(holder=request.user) if new else form, "new": new, "tokens": tokens_of(request.user)}
    return render(request, "accounts/tokens.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def token_revocation(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Revoke a token, after a page that asks."""
    token = get_object_or_404(APIToken.objects.usable().select_related("user"), pk=pk)
    if not can_revoke_token(request.user, token):
        raise PermissionDenied
    if request.method == "POST":
        revoke_token(actor=request.user, token=token)
        messages.success(request, _("Token revoked."))
        return redirect("accounts:bot", token.user_id) if token.user.is_bot else redirect("accounts:tokens")
    return render(request, "accounts/token_revocation.html", {"token": token})


def create_from(form: TokenForm, *, actor: User, user: User) -> NewToken | None:
    """Create the token, or add errors to the form. Return None if it isn't valid."""
    if not form.is_bound or not form.is_valid():
        return None
    try:
        return create_token(actor=actor, user=user, **form.terms())
    except ValidationError as error:
        form.add_errors(error)
    except NotAllowed as error:
        raise PermissionDenied from error
    return None


def tokens_of(user: User) -> list[APIToken]:
    """Return the user's usable tokens, the newest first."""
    return list(user.api_tokens.usable().order_by("-pk"))


def may_create(actor: User, user: User) -> bool:
    return user.is_active and can_create_token(actor, user)
