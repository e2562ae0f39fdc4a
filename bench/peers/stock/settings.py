"""The tutorial's settings, with the database, channel layer and key from the benchmark."""

import os

SECRET_KEY = "only for the benchmark, on loopback"
ALLOWED_HOSTS = ["127.0.0.1"]
INSTALLED_APPS = ["daphne", "bench.peers.stock", "channels"]
ASGI_APPLICATION = "bench.peers.stock.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ["STOCK_DATABASE"],
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
        },
    }
}
# Far above the default of 100, with which most of a burst is silently dropped. A peer must not lose posts.
CAPACITY = 1_000_000
if redis := os.environ.get("STOCK_REDIS"):
    BACKEND = "channels_redis.pubsub.RedisPubSubChannelLayer"
    CHANNEL_LAYERS = {"default": {"BACKEND": BACKEND, "CONFIG": {"hosts": [redis], "capacity": CAPACITY}}}
else:
    BACKEND = "channels.layers.InMemoryChannelLayer"
    CHANNEL_LAYERS = {"default": {"BACKEND": BACKEND, "CONFIG": {"capacity": CAPACITY, "expiry": 3600}}}
