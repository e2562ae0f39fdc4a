"""What must not happen while somebody uses the site: errors, breaches of its policy, requests to other hosts."""

import re
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, WebSocket

# Runs in every page before anything else. Some breaches are reported by no console message.
TELL_OF_BREACHES = """
document.addEventListener("securitypolicyviolation", (event) => {
  console.error(`Content Security Policy breach: ${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile ?? ""}`);
});
"""
LOUD = ("error", "warning", "assert")
LOST_LINE = r"WebSocket connection to .* failed|net::ERR_"


class FaultWatcher:
    """Notes what is wrong in one person's browser. A test names what it provokes with `allow`."""

    def __init__(self, context: BrowserContext) -> None:
        self.found: list[str] = []
        self.hosts: set[str] = set()
        self._allowed: list[re.Pattern] = []
        context.add_init_script(TELL_OF_BREACHES)
        context.on("console", self._console)
        context.on("weberror", lambda error: self.found.append(f"page error: {error.error}"))
        context.on("request", self._request)
        context.on("page", lambda page: page.on("websocket", self._socket))

    def allow(self, pattern: str) -> None:
        self._allowed.append(re.compile(pattern))

    def allow_lost_line(self) -> None:
        """The browser itself writes an error for each request that finds no server."""
        self.allow(LOST_LINE)

    @property
    def faults(self) -> list[str]:
        return [fault for fault in self.found if not any(pattern.search(fault) for pattern in self._allowed)]

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in LOUD or "Content Security Policy" in message.text:
            place = message.location
            self.found.append(f"console {message.type}: {message.text} ({place['url']}:{place['lineNumber']})")

    def _request(self, request: Request) -> None:
        self._went_to(request.url)

    def _socket(self, socket: WebSocket) -> None:
        self._went_to(socket.url)

    def _went_to(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in ("data", "blob", "about"):
            return
        self.hosts.add(parts.hostname or "")
        if parts.hostname != "127.0.0.1":
            self.found.append(f"request to another host: {url}")
