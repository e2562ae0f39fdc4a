"""/metrics for Prometheus: answered beside the pages, and only to who knows METRICS_TOKEN."""

import asyncio
import secrets

from django.conf import settings
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from chatsite.http.responses import Application, Receive, Scope, Send, answer
from live import metrics

PATH = "/metrics"


class MetricsFirst:
    """Answers /metrics by itself; without METRICS_TOKEN there is no such page."""

    def __init__(self, application: Application) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] != PATH:
            await self._application(scope, receive, send)
        elif not settings.METRICS_TOKEN:
            await answer(send, 404, "Not found.\n")
        elif not _knows_token(scope):
            await answer(send, 401, "Send the token of METRICS_TOKEN.\n", (b"www-authenticate", b"Bearer"))
        else:
            text = await asyncio.to_thread(metrics.render)  # reads a file for each worker and metric
            await answer(send, 200, text, kind=CONTENT_TYPE_PLAIN_0_0_4)


def _knows_token(scope: Scope) -> bool:
    given = dict(scope["headers"]).get(b"authorization", b"")
    return secrets.compare_digest(given, b"Bearer " + settings.METRICS_TOKEN.encode())
