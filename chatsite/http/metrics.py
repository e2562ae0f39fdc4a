"""Serves /metrics to Prometheus, on the event loop, for requests with METRICS_TOKEN."""

import asyncio
import secrets
import shutil

from django.conf import settings
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from live import metrics
from live.http.responses import Application, Receive, Scope, Send, send_text

PATH = "/metrics"


class MetricsMiddleware:
    """Respond to /metrics, with 404 if METRICS_TOKEN is not set, and pass other requests to the application."""

    def __init__(self, application: Application) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] != PATH:
            await self._application(scope, receive, send)
        elif not settings.METRICS_TOKEN:
            await send_text(send, 404, "Not found.\n")
        elif not _has_token(scope):
            await send_text(send, 401, "Send the token of METRICS_TOKEN.\n", (b"www-authenticate", b"Bearer"))
        else:
            text = await asyncio.to_thread(_render)  # reads a file per worker and metric
            await send_text(send, 200, text, content_type=CONTENT_TYPE_PLAIN_0_0_4)


def _render() -> str:
    metrics.free_bytes.set(shutil.disk_usage(settings.DATA_DIR).free)
    return metrics.render()


def _has_token(scope: Scope) -> bool:
    given = dict(scope["headers"]).get(b"authorization", b"")
    return secrets.compare_digest(given, b"Bearer " + settings.METRICS_TOKEN.encode())
