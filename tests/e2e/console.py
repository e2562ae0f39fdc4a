"""Watches browsers for errors, violations of the content security policy, and requests to other hosts."""

import re
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, WebSocket

# Runs first in every page, because some violations cause no console message.
REPORT_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) => {
  console.error(`Content Security Policy violation: ${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile ?? ""}`);
});
"""
LOUD = ("error", "warning", "assert")
CONNECTION_ERROR = r"WebSocket connection to .* failed|net::ERR_"


class FaultWatcher:
    """Collects the faults of a browser session. Tests declare expected ones with `allow`."""

    def __init__(self, context: BrowserContext) -> None:
        self.found: list[str] = []
        self.hosts: set[str] = set()
        self._allowed: list[re.Pattern] = []
        context.add_init_script(REPORT_VIOLATIONS)
        context.on("console", self._console)
        context.on("weberror", lambda error: self.found.append(f"page error: {error.error}"))
        context.on("request", self._request)
        context.on("page", lambda page: page.on("websocket", self._socket))

    def allow(self, pattern: str) -> None:
        self._allowed.append(re.compile(pattern))

    def allow_connection_errors(self) -> None:
        """Allow the browser's own errors about requests that reach no server."""
        self.allow(CONNECTION_ERROR)

    @property
    def faults(self) -> list[str]:
        return [fault for fault in self.found if not any(pattern.search(fault) for pattern in self._allowed)]

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in LOUD or "Content Security Policy" in message.text:
            location = message.location
            self.found.append(f"console {message.type}: {message.text} ({location['url']}:{location['lineNumber']})")

    def _request(self, request: Request) -> None:
        self._check_host(request.url)

    def _socket(self, socket: WebSocket) -> None:
        self._check_host(socket.url)

    def _check_host(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in ("data", "blob", "about"):
            return
        self.hosts.add(parts.hostname or "")
        if parts.hostname != "127.0.0.1":
            self.found.append(f"request to another host: {url}")
