"""The channel layer and the cache: Redis or, for a single process, its memory."""

from typing import Any

# Limits on logging in are kept in the cache, so no one may be able to evict them. An attempt takes the server at least
# ten milliseconds and adds two entries, which are kept for five minutes: at most 60,000, of 334 bytes each.
MAX_ENTRIES = 100_000


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
