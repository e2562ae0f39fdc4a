"""Metrics are only available to Prometheus, which has the token."""

import os
import subprocess
import sys

import httpx
import pytest

from chatsite.http.metrics import MetricsMiddleware
from live import metrics


async def teapot(scope, receive, send):
    await send({"type": "http.response.start", "status": 418, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def get(token: str = "", path: str = "/metrics") -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    transport = httpx.ASGITransport(MetricsMiddleware(teapot))
    async with httpx.AsyncClient(transport=transport, base_url="http://site", headers=headers) as client:
        return await client.get(path)


async def test_without_a_configured_token_metrics_are_not_found(settings):
    settings.METRICS_TOKEN = ""
    assert (await get()).status_code == 404
    assert (await get("x")).status_code == 404


@pytest.mark.parametrize("token", ["", "wrong", "right ", "righ"])
async def test_a_wrong_token_is_rejected(settings, token):
    settings.METRICS_TOKEN = "right"
    response = await get(token)
    assert response.status_code == 401
    assert "chatsite" not in response.text


async def test_the_token_gives_the_metrics(settings):
    settings.METRICS_TOKEN = "right"
    metrics.posts.labels("stored").inc(0)
    response = await get("right")
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/plain")
    for name in (
        "chatsite_connections",
        "chatsite_free_bytes",
        'chatsite_posts_total{result="stored"}',
        "chatsite_loop_lag_seconds_bucket",
    ):
        assert name in response.text


async def test_other_paths_reach_the_application():
    assert (await get(path="/")).status_code == 418


def test_metrics_of_workers_are_added_up(tmp_path):
    count = (
        "from live import metrics; metrics.connections.inc(3); metrics.people_online.set(2); metrics.deliveries.inc(5)"
    )
    for _ in range(2):
        python(count, tmp_path)
    text = python("from live import metrics; print(metrics.render())", tmp_path)
    assert "chatsite_connections 6.0" in text
    assert "chatsite_people_online 2.0" in text
    assert "chatsite_deliveries_total 10.0" in text


def python(program: str, folder) -> str:
    values = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(folder)}
    return subprocess.run(
        [sys.executable, "-c", program], env=values, check=True, capture_output=True, text=True
    ).stdout
