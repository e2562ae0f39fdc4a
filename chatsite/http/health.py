"""Health checks, which report whether the process is alive and whether it is ready to serve.

They are answered on the event loop, even when all page threads are busy.
"""

import json

from chatsite.http.readiness import Readiness
from live.http.responses import Application, Receive, Scope, Send, send_text

LIVE, READY = "/health/live", "/health/ready"


class HealthMiddleware:
    """Respond to LIVE and READY, and pass other requests to the application."""

    def __init__(self, application: Application, readiness: Readiness) -> None:
        self._application = application
        self._readiness = readiness

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == LIVE:
            await send_text(send, 200, "ok\n")
        elif scope["path"] == READY:
            report = await self._readiness.report()
            is_ready = report["status"] == "ready"
            await send_text(send, 200 if is_ready else 503, json.dumps(report) + "\n", content_type="application/json")
        else:
            await self._application(scope, receive, send)
