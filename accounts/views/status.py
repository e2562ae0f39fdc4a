"""Sets the user's status from the profile page's form or the chat page's dialog."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.forms.status import StatusForm
from accounts.http import AuthenticatedHttpRequest
from accounts.models import User
from accounts.profile.status import set_status
from accounts.views.profile import show_profile


@login_required
@never_cache
@require_POST
def status(request: AuthenticatedHttpRequest) -> HttpResponse:
    me = get_object_or_404(User, pk=request.user.pk)
    form = StatusForm(request.POST, user=me)
    if form.is_valid():
        set_status(user=me, **form.arguments())
        if _is_fetch(request):
            return JsonResponse({})
        messages.success(request, _("Status updated."))
        return redirect("accounts:profile")
    if _is_fetch(request):
        return JsonResponse({"code": "invalid", "detail": _first_error(form)}, status=400)
    return show_profile(request, me, status_form=form)


def _is_fetch(request: HttpRequest) -> bool:
    return request.headers.get("X-Requested-With") == "fetch"


def _first_error(form: StatusForm) -> str:
    return next(f"{field}: {errors[0]}" for field, errors in form.errors.items())
