"""Views for the user's own profile and sessions, and for checking whether a page is still logged in."""

from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import actions
from accounts.auth.token_requests import InvalidToken, use_token
from accounts.forms.member import ProfileForm
from accounts.forms.status import StatusForm
from accounts.http import AuthenticatedHttpRequest
from accounts.models import User
from accounts.presence.availability import availability


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: AuthenticatedHttpRequest) -> HttpResponse:
    me = get_object_or_404(User, pk=request.user.pk)  # a copy, because even an invalid form changes it
    form = ProfileForm(request.POST or None, request.FILES or None, instance=me)
    if request.method == "POST" and form.is_valid() and _save(me, form):
        messages.success(request, _("Profile saved."))
        return redirect("accounts:profile")
    return show_profile(request, me, form=form)


def show_profile(
    request: AuthenticatedHttpRequest,
    me: User,
    *,
    form: ProfileForm | None = None,
    status_form: StatusForm | None = None,
) -> HttpResponse:
    """Render the page with its two forms, one of which may be bound and invalid."""
    context = {
        "me": User.objects.annotate(availability=availability(me)).get(pk=me.pk),
        "form": form or ProfileForm(instance=me),
        "status_form": status_form or StatusForm(user=me),
    }
    return render(request, "accounts/profile.html", context)


def _save(me: User, form: ProfileForm) -> bool:
    data = form.cleaned_data
    try:
        actions.update_profile(
            user=me,
            display_name=data["display_name"],
            theme=data["theme"],
            language=data["language"],
            shows_room_events=data["shows_room_events"],
            photo=data["photo"],
            remove_photo=data.get("remove_photo", False),
        )
    except ValidationError as error:
        form.add_error("photo", error.messages)
        return False
    return True


@login_required
@require_POST
def end_session(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    if UserSession.objects.filter(pk=pk, session_key=request.session.session_key).exists():
        logout(request)
        return redirect("account_login")
    if not actions.end_session(user=request.user, session_id=pk):
        raise Http404
    messages.success(request, _("Session logged out."))
    return redirect("usersessions_list")


@require_safe
@never_cache
def session(request: HttpRequest) -> JsonResponse:
    """Return the id of the user of the session or the API token."""
    try:
        use_token(request)
    except InvalidToken:
        return JsonResponse({}, status=401)
    if not request.user.is_authenticated:
        return JsonResponse({}, status=401)
    return JsonResponse({"user": request.user.pk})
