"""The cache while Redis is unavailable."""

import logging

import pytest
from django.core.cache import cache
from django.test import Client

from chatsite.cache import FallbackRedisCache
from live import outages
from tests.factories import make_user
from tests.services import free_port, redis_server

PASSWORD = "a long pass phrase"


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def redis_cache(settings, port, monkeypatch):
    monkeypatch.setattr(FallbackRedisCache, "retry_at", 0.0)
    monkeypatch.setattr(outages, "redis", outages.Outage("Redis"))
    settings.CACHES = {
        "default": {
            "BACKEND": "chatsite.cache.FallbackRedisCache",
            "LOCATION": f"redis://127.0.0.1:{port}/0",
            "OPTIONS": {"socket_timeout": 1, "socket_connect_timeout": 1},
        }
    }
    return cache


def test_the_local_cache_is_used_while_redis_is_unavailable(redis_cache, port, monkeypatch, caplog):
    with redis_server(port):
        assert redis_cache.add("kept", 1, 60)
        assert redis_cache.get("kept") == 1
    with caplog.at_level(logging.WARNING, "live.outages"):
        assert redis_cache.get("kept") is None
        assert redis_cache.add("kept", 2, 60)
        assert not redis_cache.add("kept", 3, 60)
        assert redis_cache.incr("kept") == 3
        redis_cache.set_many({"a": 1, "b": 2})
        assert redis_cache.get_many(["a", "b", "c"]) == {"a": 1, "b": 2}
        redis_cache.delete_many(["a", "b"])
        assert redis_cache.delete("kept")
        assert not redis_cache.has_key("kept")
        redis_cache.clear()
    assert len(caplog.records) == 1
    with redis_server(port):
        monkeypatch.setattr(FallbackRedisCache, "retry_at", 0.0)
        assert redis_cache.get("a", "gone") == "gone"
        assert redis_cache.add("kept", 4, 60)
        assert redis_cache.get("kept") == 4


@pytest.mark.django_db
def test_logging_in_works_while_redis_is_unavailable(redis_cache, everyone):
    make_user("ana", password=PASSWORD)
    client = Client()
    response = client.post("/accounts/login/", {"login": "ana", "password": PASSWORD})
    assert response.status_code == 302
    assert client.get("/people/").status_code == 200


@pytest.mark.django_db
def test_login_attempts_are_limited_while_redis_is_unavailable(redis_cache, everyone):
    make_user("ana", password=PASSWORD)
    client = Client()
    for _ in range(12):
        page = client.post("/accounts/login/", {"login": "ana", "password": "wrong"})
    assert page.status_code == 429 or b"Too many attempts" in page.content
