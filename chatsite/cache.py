"""A Redis cache that falls back to the memory of each process while Redis is unavailable."""

import logging
import time
from collections.abc import Callable
from typing import Any

from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

from chatsite.conf.redis import MAX_ENTRIES
from live import outages

logger = logging.getLogger(__name__)

RETRY_SECONDS = 5  # a retry on every page would make each one wait until an unresponsive Redis times out


def _with_fallback(name: str) -> Callable[..., Any]:
    redis_method = getattr(RedisCache, name)

    def method(self: "FallbackRedisCache", *args: Any, **kwargs: Any) -> Any:
        if time.monotonic() >= FallbackRedisCache.retry_at:
            try:
                result = redis_method(self, *args, **kwargs)
                outages.redis.succeeded()
                return result
            except RedisError as error:
                FallbackRedisCache.retry_at = time.monotonic() + RETRY_SECONDS
                if not outages.report(error):
                    logger.exception("a cache command failed in Redis")
        return getattr(self.fallback, name)(*args, **kwargs)

    return method


class FallbackRedisCache(RedisCache):
    """A Redis cache. While Redis is unavailable, its contents are missing and each process uses its own memory.

    Rate limits on logging in, registering and entering the setup code are then reset and apply per process, so four
    processes allow four times as many attempts. No one is locked out, and no page fails.
    """

    retry_at = 0.0  # shared by all threads, which have separate instances

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self.fallback = LocMemCache("redis-fallback", {**params, "OPTIONS": {"MAX_ENTRIES": MAX_ENTRIES}})

    add, get, set, touch, delete, get_many, has_key, incr, set_many, delete_many, clear = map(
        _with_fallback,
        "add get set touch delete get_many has_key incr set_many delete_many clear".split(),
    )
