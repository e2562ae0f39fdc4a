"""Prometheus gets what the engine counts, and nobody else does."""

import os
import subprocess
import sys

import httpx
import pytest

from chatsite.http.metrics import MetricsFirst
from live import metrics


async def not_found(scope, receive, send):
    await send({"type": "http.response.start", "status": 418, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def get(token: str = "", path: str = "/metrics") -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    transport = httpx.ASGITransport(MetricsFirst(not_found))
    async with httpx.AsyncClient(transport=transport, base_url="http://site", headers=headers) as client:
        return await client.get(path)


async def test_without_a_token_set_there_is_no_such_page(settings):
    settings.METRICS_TOKEN = ""
    assert (await get()).status_code == 404
    assert (await get("x")).status_code == 404


@pytest.mark.parametrize("token", ["", "wrong", "right ", "righ"])
async def test_who_does_not_know_the_token_sees_nothing(settings, token):
    settings.METRICS_TOKEN = "right"
    answer = await get(token)
    assert answer.status_code == 401
    assert "chatsite" not in answer.text


async def test_who_knows_it_reads_what_was_counted(settings):
    settings.METRICS_TOKEN = "right"
    metrics.posts.labels("stored").inc(0)
    answer = await get("right")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    for name in ("chatsite_connections", 'chatsite_posts_total{result="stored"}', "chatsite_loop_lag_seconds_bucket"):
        assert name in answer.text


async def test_other_pages_are_left_alone():
    assert (await get(path="/")).status_code == 418


def test_workers_answer_for_one_another(tmp_path):
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
