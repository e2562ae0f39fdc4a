"""Views for bots: those of the user and, for admins, those of the site."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.actions import NotAllowed
from accounts.bots import actions
from accounts.bots.permissions import can_create_bots, can_manage_all_bots, can_manage_bot
from accounts.forms.tokens import ActionForm, BotForm, BotProfileForm, TokenForm
from accounts.http import AuthenticatedHttpRequest
from accounts.models import User
from accounts.views.tokens import create_from, may_create, tokens_of


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def bots(request: AuthenticatedHttpRequest) -> HttpResponse:
    """List the bots that the user manages. POST creates one."""
    form = BotForm(request.POST or None, viewer=request.user)
    if request.method == "POST" and not can_create_bots(request.user):
        raise PermissionDenied
    if form.is_valid() and (bot := _carry_out(form, actions.create_bot, actor=request.user, **form.terms())):
        messages.success(request, _("Bot created. Create a token for the program that acts as it."))
        return redirect("accounts:bot", bot.pk)
    context = {
        "form": form,
        "bots": actions.bots_of(request.user),
        "site_bots": actions.bots_of(None) if can_manage_all_bots(request.user) else [],
        "can_create": can_create_bots(request.user),
    }
    return render(request, "accounts/bots.html", context)


def bot_view(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Pass on the bot, which the user must manage. Otherwise, it doesn't exist."""

    @login_required
    @never_cache
    @wraps(view)
    def wrapper(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
        bot = get_object_or_404(User.objects.filter(is_bot=True, deleted_at=None).select_related("owner"), pk=pk)
        if not can_manage_bot(request.user, bot):
            raise Http404
        return view(request, bot)

    return wrapper


@bot_view
@require_http_methods(["GET", "HEAD", "POST"])
def bot(request: AuthenticatedHttpRequest, bot: User) -> HttpResponse:
    """Show a bot, its profile and its tokens. POST changes the profile."""
    form = BotProfileForm(request.POST or None, request.FILES or None, bot=bot)
    edited = User.objects.get(pk=bot.pk)  # a copy, because even a failed change may change it
    if form.is_valid() and _carry_out(form, actions.update_bot, actor=request.user, bot=edited, **form.terms()):
        messages.success(request, _("Bot saved."))
        return redirect("accounts:bot", bot.pk)
    return _show(request, bot, form=form)


@bot_view
@require_POST
def bot_tokens(request: AuthenticatedHttpRequest, bot: User) -> HttpResponse:
    """Create a token of a bot, and show its secret."""
    token_form = TokenForm(request.POST, holder=bot)
    new = create_from(token_form, actor=request.user, user=bot)
    return _show(request, bot, token_form=None if new else token_form, new=new)


@bot_view
@require_POST
def bot_state(request: AuthenticatedHttpRequest, bot: User) -> HttpResponse:
    """Disable the bot, or enable it with `is_active`."""
    try:
        if request.POST.get("is_active"):
            actions.enable_bot(actor=request.user, bot=bot)
            messages.success(request, _("Bot enabled. Create a new token for it."))
        else:
            actions.disable_bot(actor=request.user, bot=bot)
            messages.success(request, _("Bot disabled. Its tokens were revoked."))
    except ValidationError as error:
        messages.error(request, error.messages[0])
    return redirect("accounts:bot", bot.pk)


@bot_view
@require_http_methods(["GET", "HEAD", "POST"])
def bot_deletion(request: AuthenticatedHttpRequest, bot: User) -> HttpResponse:
    """Delete a bot, after a page that asks."""
    if request.method == "POST":
        actions.delete_bot(actor=request.user, bot=bot)
        messages.success(request, _("Bot deleted."))
        return redirect("accounts:bots")
    return render(request, "accounts/bot_deletion.html", {"bot": bot})


def _show(request: AuthenticatedHttpRequest, bot: User, **context: Any) -> HttpResponse:
    """Render the page with its two forms, one of which may be bound and invalid."""
    defaults = {
        "bot": bot,
        "tokens": tokens_of(bot),
        "can_create_tokens": may_create(request.user, bot),
        "form": context.get("form") or BotProfileForm(bot=bot),
        "token_form": context.get("token_form") or TokenForm(holder=bot),
    }
    return render(request, "accounts/bot.html", context | defaults)


def _carry_out(form: ActionForm, action: Callable[..., User], **arguments: Any) -> User | None:
    """Return the bot, or None after adding the action's errors to the form."""
    try:
        return action(**arguments)
    except ValidationError as error:
        form.add_errors(error)
    except NotAllowed as error:
        raise PermissionDenied from error
    return None
