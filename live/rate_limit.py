"""Rate limiting: one token bucket per user."""

import time
from collections.abc import Callable

CLEANUP_SECONDS = 60.0


class TokenBuckets:
    """Limit actions by key. `rate`: tokens per second, or 0 for no limit. `burst`: the capacity of a bucket.

    Taking tokens without waiting builds up a debt of up to another `burst`. Clients that wait as `take` says have none.
    """

    def __init__(self, rate: float, burst: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._buckets: dict[int, tuple[float, float]] = {}
        self._cleanup_at = clock() + CLEANUP_SECONDS

    def take(self, key: int, tokens: int = 1) -> float:
        """Take tokens, at most a full bucket. Return 0, or the seconds to wait until they are available."""
        if not self._rate:
            return 0.0
        now = self._clock()
        if now >= self._cleanup_at:
            self._discard_full(now)
        left, at = self._buckets.get(key, (self._burst, now))
        left = min(self._burst, left + (now - at) * self._rate)
        missing = min(tokens, self._burst) - left
        left -= min(tokens, self._burst) if missing <= 0 else 1  # refusing an action is cheap
        self._buckets[key] = max(left, -self._burst), now
        return max(0.0, missing / self._rate)

    def left(self, key: int) -> float:
        """Return the number of tokens in a bucket. It is negative if there is a debt."""
        left, at = self._buckets.get(key, (self._burst, 0.0))
        return min(self._burst, left + (self._clock() - at) * self._rate)

    def is_flooding(self, key: int) -> bool:
        """Return whether the debt has reached its limit."""
        left, _ = self._buckets.get(key, (0.0, 0.0))
        return bool(self._rate) and left <= -self._burst

    def _discard_full(self, now: float) -> None:
        self._cleanup_at = now + CLEANUP_SECONDS
        full = [key for key, (left, at) in self._buckets.items() if left + (now - at) * self._rate >= self._burst]
        for key in full:
            del self._buckets[key]
