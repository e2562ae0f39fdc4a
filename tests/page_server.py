"""A web server whose pages are what a test says, also endless, slow and broken ones."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Page:
    """A response. `content`: bytes, or pieces of them, which are sent until the client has enough."""

    content: bytes | Callable[[], Iterable[bytes]] = b""
    type: str = "text/html; charset=utf-8"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class PageServer:
    """`pages`: by their paths. `received`: the paths and headers of all requests."""

    port: int
    pages: dict[str, Page] = field(default_factory=dict)
    received: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def paths(self) -> list[str]:
        return [path for path, _headers in self.received]

    def url(self, path: str) -> str:
        return f"http://{self.host}{path}"

    def add(self, path: str, head: str = "", **fields: Any) -> str:
        """Add a page with this head, and return its URL."""
        content = f"<!doctype html><html><head>{head}</head><body>Hello</body></html>".encode()
        self.pages[path] = Page(**{"content": content, **fields})
        return self.url(path)


@contextmanager
def page_server() -> Iterator[PageServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    pages = server.pages = PageServer(server.server_address[1])  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield pages
    finally:
        pages.stopped.set()
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        server: PageServer = self.server.pages  # type: ignore[attr-defined]
        server.received.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
        page = server.pages.get(self.path, Page(status=404))
        self.send_response(page.status)
        for name, value in {"Content-Type": page.type, **page.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        try:
            for piece in [page.content] if isinstance(page.content, bytes) else page.content():
                self.wfile.write(piece)
        except (TimeoutError, ConnectionError):
            self.close_connection = True

    def log_message(self, *args: Any) -> None:
        pass
