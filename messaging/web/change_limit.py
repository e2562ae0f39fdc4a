"""The limit for changes of what only their user sees: saved and scheduled messages, followed threads, read markers."""

from threading import Lock

from django.utils.translation import gettext as _

from accounts.http import AuthenticatedHttpRequest
from live.rate_limit import TokenBuckets
from rooms.errors import LimitReached

RATE, BURST = 5, 30  # changes per user and process

_limits = TokenBuckets(RATE, BURST)
_lock = Lock()  # views run in several threads


def check_change_limit(request: AuthenticatedHttpRequest) -> None:
    """Raise LimitReached if the user makes changes too fast."""
    with _lock:
        wait = _limits.take(request.user.pk)
    if wait:
        raise LimitReached(_("You’re doing this too fast. Wait a moment and try again."), retry_after=wait)
