"""The channel layer and the cache: Redis or, for a single process, its memory."""

from typing import Any

from chatsite.conf.env import text
from chatsite.conf.urls import ENCODED, invalid_url, split_url

FORM = "It looks like redis://localhost:6379/0."

# Limits on logging in are kept in the cache, so no one may be able to evict them. An attempt takes the server at least
# ten milliseconds and adds two entries, which are kept for five minutes: at most 60,000, of 334 bytes each.
MAX_ENTRIES = 100_000


def redis_url() -> str:
    if not (url := text("REDIS_URL")):
        return ""
    from redis import Redis

    parts = split_url("REDIS_URL", url, f"{FORM} {ENCODED}")
    if parts.scheme != "unix" and not (parts.hostname and (parts.path.strip("/") or "0").isdecimal()):
        raise invalid_url("REDIS_URL", "is not the address of a Redis database", FORM)
    try:
        Redis.from_url(url).connection_pool.make_connection()  # it does not connect
    except (ValueError, TypeError):
        raise invalid_url("REDIS_URL", "is not the address of a Redis database", FORM) from None
    return url


def channel_layer(redis_url: str) -> dict[str, Any]:
    if not redis_url:
        return {"BACKEND": "channels.layers.InMemoryChannelLayer", "CONFIG": {"capacity": 10_000}}
    return {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [{"address": redis_url, "socket_timeout": None}], "prefix": "chatsite"},
    }


def cache(redis_url: str) -> dict[str, Any]:
    if not redis_url:
        return {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "OPTIONS": {"MAX_ENTRIES": MAX_ENTRIES},
        }
    return {
        "BACKEND": "chatsite.cache.FallbackRedisCache",
        "LOCATION": redis_url,
        "OPTIONS": {"socket_timeout": 1, "socket_connect_timeout": 1},
    }
