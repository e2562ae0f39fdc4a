"""Actions on push subscriptions: add, renew and remove them."""

import hashlib
from collections.abc import Collection
from datetime import timedelta

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.models import User
from messaging.models import PushSubscription
from messaging.push import base64url
from messaging.push.encryption import AUTH_SIZE, ReceiverKeys, read_public_key
from messaging.push.services import check_endpoint
from messaging.push.vapid import vapid_key
from outbound.guard import NotAllowed
from rooms.errors import Invalid, NotFound

MAX_SUBSCRIPTIONS = 20  # per user; the one that was renewed the longest ago goes


@transaction.atomic
def subscribe(
    *, user: User, endpoint: str, p256dh: str, auth: str, session_key: str, origin: str, user_agent: str = ""
) -> PushSubscription:
    """Notify the user on this device. Repeating it renews the subscription. A device belongs to one user."""
    keys = _check(endpoint, p256dh, auth)
    User.objects.select_for_update(no_key=True).get(pk=user.pk)  # against more than MAX_SUBSCRIPTIONS at once
    fields = {
        "user": user,
        "endpoint": endpoint,
        "p256dh": base64url.encode(keys.public),
        "auth": base64url.encode(keys.auth),
        "server_key": vapid_key().public,
        "session_key": session_key,
        "origin": origin,
        "language": get_language(),
        "user_agent": user_agent[:300],
        "renewed_at": timezone.now(),
    }
    digest = hash_of(endpoint)
    known = PushSubscription.objects.select_for_update().filter(endpoint_hash=digest).first()
    if known is not None and known.user_id != user.pk:
        known.delete()  # with what is queued for the other user
    subscription, _created = PushSubscription.objects.update_or_create(endpoint_hash=digest, defaults=fields)
    kept = of_user(user)[:MAX_SUBSCRIPTIONS].values_list("pk", flat=True)
    PushSubscription.objects.filter(user=user).exclude(pk__in=list(kept)).delete()
    return subscription


def unsubscribe(*, user: User, endpoint: str) -> None:
    """Stop notifying the user on this device, if they were."""
    PushSubscription.objects.filter(user=user, endpoint_hash=hash_of(endpoint)).delete()


def remove_subscription(*, user: User, subscription_id: int) -> None:
    find_subscription(user, subscription_id).delete()


def find_subscription(user: User, subscription_id: int) -> PushSubscription:
    """Return a subscription of the user. Raises NotFound."""
    found = PushSubscription.objects.filter(user=user, pk=subscription_id).first()
    if found is None:
        raise NotFound(_("This device no longer gets push notifications."))
    return found


def of_user(user: User) -> QuerySet[PushSubscription]:
    """Return the user's subscriptions. Those that were renewed last come first."""
    return PushSubscription.objects.filter(user=user).order_by("-renewed_at", "-pk")


def end_with_sessions(user: User, session_keys: Collection[str], keep: str | None) -> None:
    """Remove the subscriptions of these sessions or, if there are none, all except those of the session `keep`."""
    ended = PushSubscription.objects.filter(user=user)
    ended = ended.filter(session_key__in=session_keys) if session_keys else ended.exclude(session_key=keep or "")
    ended.delete()


def outdated() -> QuerySet[PushSubscription]:
    """Return those that no browser has renewed for as long as a session lasts, and whose session is over.

    A session that continues after a password change has a new key, which its subscription gets when it is renewed.
    """
    live = Session.objects.filter(session_key=OuterRef("session_key"), expire_date__gte=timezone.now())
    since = timezone.now() - timedelta(seconds=settings.SESSION_COOKIE_AGE)
    return PushSubscription.objects.filter(~Exists(live), renewed_at__lt=since)


def hash_of(endpoint: str) -> str:
    return hashlib.sha256(endpoint.encode()).hexdigest()


def _check(endpoint: str, p256dh: str, auth: str) -> ReceiverKeys:
    try:
        check_endpoint(endpoint)
    except NotAllowed as error:
        text = _("Your browser’s push service can’t be used here (%(reason)s). An admin can add it to CHAT_PUSH_HOSTS.")
        raise Invalid(text % {"reason": error}, field="endpoint") from None
    try:
        public = base64url.decode(p256dh)
        read_public_key(public)
    except ValueError:
        raise Invalid(_("This isn’t a key that a browser creates. Subscribe again."), field="p256dh") from None
    try:
        secret = base64url.decode(auth)
    except ValueError:
        secret = b""
    if len(secret) != AUTH_SIZE:
        raise Invalid(_("This isn’t a secret that a browser creates. Subscribe again."), field="auth")
    return ReceiverKeys(public, secret)
