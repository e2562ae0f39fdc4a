"""Pages without header and navigation, which the chat requests with a header and shows in a panel."""

from collections.abc import Callable

from django.contrib.messages import get_messages
from django.contrib.messages.storage.base import Message
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseRedirectBase

from accounts.templatetags.notices import undo_form

HEADER = "X-Fragment"


def is_fragment(request: HttpRequest) -> bool:
    return HEADER in request.headers


class FragmentMiddleware:
    """Respond to fragment requests with {"location": URL, "notices": [notice]} instead of a redirect.

    A notice is {"text", "level", "undo"?}, where "undo" is the {"url", "fields"} of a form that undoes the action.
    The browser would follow a redirect by itself, although the panel may not show its target. Must come after the
    messages middleware.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not (is_fragment(request) and isinstance(response, HttpResponseRedirectBase)):
            return response
        notices = [_serialize(each) for each in get_messages(request)]
        answer = JsonResponse({"location": response.url, "notices": notices})
        answer.cookies = response.cookies
        return answer


def _serialize(message: Message) -> dict[str, object]:
    undo = undo_form(message)
    return {"text": str(message), "level": message.level_tag, **({"undo": undo} if undo else {})}
