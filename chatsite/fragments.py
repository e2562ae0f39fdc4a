"""Pages without header and navigation, which the chat requests with a header and shows in a panel."""

from collections.abc import Callable

from django.contrib.messages import get_messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseRedirectBase

HEADER = "X-Fragment"


def is_fragment(request: HttpRequest) -> bool:
    return HEADER in request.headers


class FragmentMiddleware:
    """Respond to fragment requests with {"location": URL, "notices": [{"text", "level"}]} instead of a redirect.

    The browser would follow a redirect by itself, although the panel may not show its target. Must come after the
    messages middleware.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not (is_fragment(request) and isinstance(response, HttpResponseRedirectBase)):
            return response
        notices = [{"text": str(each), "level": each.level_tag} for each in get_messages(request)]
        answer = JsonResponse({"location": response.url, "notices": notices})
        answer.cookies = response.cookies
        return answer
