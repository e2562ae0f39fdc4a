"""A token bucket for each person: so many commands at once, so many a second for ever."""

import time
from collections.abc import Callable

FORGET_SECONDS = 60.0


class TokenBuckets:
    """`rate`: tokens a second; 0 sets no limit. `burst`: how many a bucket holds.

    Whoever goes on without waiting goes into debt, down to another `burst`; an honest client, which waits
    as long as it is told, never does.
    """

    def __init__(self, rate: float, burst: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._buckets: dict[int, tuple[float, float]] = {}
        self._forget_at = clock() + FORGET_SECONDS

    def take(self, key: int) -> float:
        """Take a token. Returns 0, or after how many seconds there is one again."""
        if not self._rate:
            return 0.0
        now = self._clock()
        if now >= self._forget_at:
            self._forget(now)
        left, at = self._buckets.get(key, (self._burst, now))
        left = min(self._burst, left + (now - at) * self._rate) - 1
        self._buckets[key] = max(left, -self._burst), now
        return 0.0 if left >= 0 else -left / self._rate

    def is_flooding(self, key: int) -> bool:
        """The debt is as large as it may be."""
        left, _ = self._buckets.get(key, (0.0, 0.0))
        return bool(self._rate) and left <= -self._burst

    def _forget(self, now: float) -> None:
        """Buckets that are full again need not be remembered."""
        self._forget_at = now + FORGET_SECONDS
        full = [key for key, (left, at) in self._buckets.items() if left + (now - at) * self._rate >= self._burst]
        for key in full:
            del self._buckets[key]
