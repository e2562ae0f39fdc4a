"""The cache in Redis, which the site outlives: what cannot be asked there is kept by each process for itself."""

import logging
import time
from collections.abc import Callable
from typing import Any

from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

ASK_AGAIN_AFTER = 5  # seconds; a Redis that does not answer would hold up each page for as long as its timeouts
LOG_AGAIN_AFTER = 60


def _steady(name: str) -> Callable[..., Any]:
    ask = getattr(RedisCache, name)

    def steady(self: "SteadyRedisCache", *args: Any, **kwargs: Any) -> Any:
        if time.monotonic() >= SteadyRedisCache.ask_again_at:
            try:
                return ask(self, *args, **kwargs)
            except RedisError as error:
                _note(error)
        return getattr(self.stand_in, name)(*args, **kwargs)

    return steady


class SteadyRedisCache(RedisCache):
    """While Redis is away, what it knew is missed, and this process's own memory is asked instead.

    So the limits on logging in, registering and guessing the setup code then begin anew and hold in
    each server process by itself: with four processes somebody may try four times as often, and
    never without end. Nobody is locked out, and no page fails.
    """

    ask_again_at = log_again_at = 0.0  # for all threads: each has an instance of its own

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self.stand_in = LocMemCache("while-redis-is-away", {k: v for k, v in params.items() if k != "OPTIONS"})

    add, get, set, touch, delete, get_many, has_key, incr, set_many, delete_many, clear = map(
        _steady,
        "add get set touch delete get_many has_key incr set_many delete_many clear".split(),
    )


def _note(error: RedisError) -> None:
    now = time.monotonic()
    SteadyRedisCache.ask_again_at = now + ASK_AGAIN_AFTER
    if now >= SteadyRedisCache.log_again_at:
        SteadyRedisCache.log_again_at = now + LOG_AGAIN_AFTER
        logger.warning("Redis is away; limits are counted by each process for itself: %s", type(error).__name__)
