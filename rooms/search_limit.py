"""The limit on how often each user searches while they type."""

from threading import Lock

from django.utils.translation import gettext as _

from accounts.models import User
from live.rate_limit import TokenBuckets
from rooms.errors import LimitReached

RATE, BURST = 5, 30  # per user and process, since a field searches after each pause in typing


class SearchLimit:
    """A token bucket for each user. Views run in several threads."""

    def __init__(self) -> None:
        self._buckets = TokenBuckets(RATE, BURST)
        self._lock = Lock()

    def check(self, user: User) -> None:
        """Count a search. Raises LimitReached."""
        with self._lock:
            wait = self._buckets.take(user.pk)
        if wait:
            raise LimitReached(_("You’re searching too fast. Wait a moment and try again."), retry_after=wait)
