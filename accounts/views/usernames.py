"""Proposes and checks usernames while someone signs up."""

from allauth.account.adapter import get_adapter
from allauth.core.internal import ratelimit
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts.models import User
from accounts.registration.username_suggestions import suggest_username
from accounts.registration.validation import clean_username

# Usernames can be tried out on the sign-up form as well. This bounds the queries.
RATE = "60/m/ip"
MAX_INPUT = 500


@never_cache
@require_GET
def check_username(request: HttpRequest) -> JsonResponse:
    """Return {"suggestion"} for ?display_name=, or {"error"} for ?username=, which is empty if it is available."""
    if not get_adapter().is_open_for_signup(request) and User.objects.exists():
        raise Http404
    if ratelimit.consume(request, app="accounts", action="username", config={"username": RATE}, limit_get=True) is None:
        return JsonResponse({}, status=429)
    if name := request.GET.get("display_name"):
        return JsonResponse({"suggestion": suggest_username(name)})
    try:
        clean_username(request.GET.get("username", "")[:MAX_INPUT])
    except ValidationError as error:
        return JsonResponse({"error": " ".join(error.messages)})
    return JsonResponse({"error": ""})
