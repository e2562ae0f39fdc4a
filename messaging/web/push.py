"""Views of push notifications: the site's key, the devices that get them, and tests."""

from typing import TypeVar

import msgspec
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts.http import AuthenticatedHttpRequest
from accounts.links import site_origin
from messaging.push.delivery import Kind, Outcome
from messaging.push.subscriptions import find_subscription, of_user, remove_subscription, subscribe, unsubscribe
from messaging.push.trial import send_test
from messaging.push.vapid import vapid_key
from messaging.web.change_limit import check_change_limit
from rooms.errors import Invalid
from rooms.responses import action_view, respond

MAX_BYTES = 8_192
PAGE = "messaging:devices"


Sent = TypeVar("Sent", bound=msgspec.Struct)


class Keys(msgspec.Struct):
    p256dh: str
    auth: str


class Subscription(msgspec.Struct):
    """A browser's PushSubscription as JSON."""

    endpoint: str
    keys: Keys


class Endpoint(msgspec.Struct):
    endpoint: str


@action_view("GET")
def devices(request: AuthenticatedHttpRequest) -> HttpResponse:
    """List the devices that get push notifications."""
    context = {"subscriptions": of_user(request.user), "session_key": request.session.session_key}
    return render(request, "messaging/devices.html", context)


@action_view("GET")
def push_key(request: AuthenticatedHttpRequest) -> JsonResponse:
    """Return the site's public key, for which browsers subscribe."""
    return JsonResponse({"key": vapid_key().public})


@action_view("POST")
def subscriptions(request: AuthenticatedHttpRequest) -> JsonResponse:
    """Add or renew the browser's subscription, sent as JSON."""
    check_change_limit(request)
    sent = _decode(request, Subscription)
    subscription = subscribe(
        user=request.user,
        endpoint=sent.endpoint,
        p256dh=sent.keys.p256dh,
        auth=sent.keys.auth,
        session_key=request.session.session_key or "",
        origin=site_origin(request),
        user_agent=request.headers.get("User-Agent", ""),
    )
    return JsonResponse({"subscription": subscription.pk})


@action_view("POST")
def subscription_removal(request: AuthenticatedHttpRequest) -> JsonResponse:
    """Remove the browser's subscription, which is known by its endpoint, sent as JSON."""
    check_change_limit(request)
    unsubscribe(user=request.user, endpoint=_decode(request, Endpoint).endpoint)
    return JsonResponse({})


@action_view("DELETE")
def device(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Remove a device."""
    check_change_limit(request)
    remove_subscription(user=request.user, subscription_id=pk)
    return respond(request, PAGE, message=_("Device removed."))


@action_view("POST")
def device_test(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Send a test notification, and say what came of it."""
    check_change_limit(request)
    outcome = send_test(find_subscription(request.user, pk))
    if outcome.kind is not Kind.DELIVERED:
        raise Invalid(_problem(outcome))
    return respond(request, PAGE, message=_("Sent. The notification should appear on the device within a minute."))


def _problem(outcome: Outcome) -> str:
    if outcome.kind is Kind.GONE:
        return _("The device no longer accepts notifications, and was removed. Turn them on again on that device.")
    if outcome.kind is Kind.REFUSED:
        return _("The push service refused the notification: %(reason)s") % {"reason": outcome.reason}
    return _("The push service couldn’t be reached: %(reason)s") % {"reason": outcome.reason}


def _decode(request: AuthenticatedHttpRequest, kind: type[Sent]) -> Sent:
    if request.content_type != "application/json":  # a form has been read already, for its CSRF token
        raise Invalid(_("Send this as application/json."), field="body")
    if len(request.body) > MAX_BYTES:
        raise Invalid(_("This is too long."), field="body")
    try:
        return msgspec.json.decode(request.body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Invalid(
            _("This isn’t a browser’s subscription: %(problem)s") % {"problem": error}, field="body"
        ) from None
