"""Answers for whoever watches over the server: is the process alive, and can it serve?

Given on the event loop, so that they come when every page's thread is busy.
"""

import json

from chatsite.http.readiness import Readiness
from chatsite.http.responses import Application, Receive, Scope, Send, answer

LIVE, READY = "/health/live", "/health/ready"


class HealthFirst:
    """Answers LIVE and READY by itself, and leaves the rest to the application."""

    def __init__(self, application: Application, readiness: Readiness) -> None:
        self._application = application
        self._readiness = readiness

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == LIVE:
            await answer(send, 200, "ok\n")
        elif scope["path"] == READY:
            report = await self._readiness.report()
            is_ready = report["status"] == "ready"
            await answer(send, 200 if is_ready else 503, json.dumps(report) + "\n", kind="application/json")
        else:
            await self._application(scope, receive, send)
