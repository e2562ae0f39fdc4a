"""The channel layer and the cache: Redis or, for a single process, its memory."""

from typing import Any

from chatsite.conf.env import text
from chatsite.conf.urls import ENCODING_ADVICE, invalid_url, split_url

ADVICE = "Use a URL such as redis://localhost:6379/0."

# The cache contains the limits on logins, which attackers must not be able to evict. An attempt takes at least 10 ms
# and adds two entries for five minutes: at most 60,000 of 334 bytes each.
MAX_ENTRIES = 100_000


def redis_url() -> str:
    """Return REDIS_URL, or an empty string."""
    if not (url := text("REDIS_URL")):
        return ""
    from redis import Redis

    parts = split_url("REDIS_URL", url, f"{ADVICE} {ENCODING_ADVICE}")
    if parts.scheme != "unix" and not (parts.hostname and (parts.path.strip("/") or "0").isdecimal()):
        raise invalid_url("REDIS_URL", "is not the address of a Redis database", ADVICE)
    try:
        Redis.from_url(url).connection_pool.make_connection()  # validates the URL without connecting
    except (ValueError, TypeError):
        raise invalid_url("REDIS_URL", "is not the address of a Redis database", ADVICE) from None
    return url


def channel_layer(redis_url: str) -> dict[str, Any]:
    """Return the entry for CHANNEL_LAYERS."""
    if not redis_url:
        return {"BACKEND": "channels.layers.InMemoryChannelLayer", "CONFIG": {"capacity": 10_000}}
    return {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [{"address": redis_url, "socket_timeout": None}], "prefix": "chatsite"},
    }


def cache(redis_url: str) -> dict[str, Any]:
    """Return the entry for CACHES."""
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
