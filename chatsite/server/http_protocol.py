"""Uvicorn's HTTP protocol with limits on everything but the body, which the application limits.

Uvicorn accepts headers of any size and number, and any number of pipelined requests. 60 MB of either blocked the event
loop for ten seconds, and multiplied the size of the process.
"""

import asyncio
import math
import weakref
from collections import Counter
from functools import partial
from typing import Any, ClassVar, NamedTuple, cast

import httptools
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from chatsite.http.networks import network_of
from live.http.responses import DISCONNECT
from live.transports.fair_reading import FairReader
from live.transports.uvicorn import DirectWebSocketProtocol

MAX_URL_BYTES = 8 * 1024
MAX_HEADERS = 100
# The URL and headers; later the trailers and the framing of chunks, minus twice the size of the body.
MAX_OVERHEAD_BYTES = 32 * 1024
# Parsing the parameters of these headers takes quadratic time: a second for 32 KB.
HEADERS_WITH_PARAMETERS = (b"accept", b"content-type")
MAX_PARAMETER_BYTES = 1_000  # of each of them
MAX_HANDSHAKE_HEADER_BYTES = 8 * 1024  # of each header
SLICE_BYTES = 8 * 1024
BODY_SLICE_BYTES = 64 * 1024  # larger, because a body without small chunks is cheap to parse
MAX_PIPELINED = 10  # requests that wait for the response to an earlier one
# The share of `crowded_connections` that one address may hold once there are more connections than that. Sockets don't
# count: many members may be behind one address, and each has a limit of their own.
SHARE_OF_ADDRESS = 0.25
LINGER_SECONDS = 1.0  # closing earlier resets the connection if the client is still sending, and loses the response


class Rejection(NamedTuple):
    status: int
    text: str


URL_TOO_LONG = Rejection(414, "The URL is too long.")
HEADERS_TOO_LARGE = Rejection(431, "The headers are too large.")
TOO_MUCH_FRAMING = Rejection(400, "The chunks of the body are too small, or have too many extensions.")
INVALID = Rejection(400, "This is not a valid HTTP request.")
BODY_IN_HANDSHAKE = Rejection(400, "A WebSocket handshake cannot have a body.")
TOO_MANY_PIPELINED = Rejection(400, "Too many requests at once on one connection.")


class Rejected(Exception):
    """The request is rejected, and the connection is closed."""

    def __init__(self, rejection: Rejection) -> None:
        super().__init__(rejection.text)
        self.rejection = rejection


class BoundedHttpProtocol(FairReader, HttpToolsProtocol):
    """Closes the connection of a client that exceeds a limit, if possible after a response that names it."""

    slice_bytes = SLICE_BYTES
    many = math.inf
    connection_counts: ClassVar[Counter[str]] = Counter()  # of this process, by address or network

    transport: asyncio.Transport
    _overhead = 0
    _is_reading_head = True
    _is_rejected = False
    _running: RequestResponseCycle | None = None

    def parse(self, data: bytes) -> None:
        self._overhead += len(data)
        try:
            self.parser.feed_data(data)
            if self._overhead > MAX_OVERHEAD_BYTES:
                raise Rejected(HEADERS_TOO_LARGE if self._is_reading_head else TOO_MUCH_FRAMING)
        except httptools.HttpParserUpgrade:
            if self._should_upgrade():
                self.discard_received()
                self.handle_websocket_upgrade()
        except httptools.HttpParserError as error:
            self._reject(error.__context__.rejection if isinstance(error.__context__, Rejected) else INVALID)
        except Rejected as error:
            self._reject(error.rejection)

    def _reject(self, rejection: Rejection) -> None:
        self._is_rejected = True
        self.discard_received()
        self.resume_reading()
        running = self._running
        if running is None or running.response_complete:
            self._respond(rejection)
        elif not running.response_started:
            self._respond(rejection)
            self._disconnect_running()
        else:
            self.transport.close()

    def _respond(self, rejection: Rejection) -> None:
        text = rejection.text.encode()
        headers = b"content-type: text/plain; charset=utf-8\r\ncontent-length: %d\r\nconnection: close\r\n\r\n"
        self.transport.write(STATUS_LINE[rejection.status] + headers % len(text) + text)
        self.transport.write_eof()
        self.loop.call_later(LINGER_SECONDS, self.transport.close)

    def _disconnect_running(self) -> None:
        if self._running is not None and not self._running.response_complete:
            self._running.disconnected = True
            self._running.message_event.set()

    # -- what Uvicorn and the event loop call -----------------------------------------------------

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._network = network_of(self.client[0] if self.client else "")
        self.connection_counts[self._network] += 1
        if len(self.connections) > self.many and self.connection_counts[self._network] > self.many * SHARE_OF_ADDRESS:
            transport.abort()
        self.flow = FlowControl(cast(Any, weakref.proxy(self)))  # avoids a reference cycle

    def data_received(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        if not self._is_rejected:
            super().data_received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._release()
        self._disconnect_running()  # Uvicorn only notifies the last of several pipelined requests
        for waiting, _ in self.pipeline:
            waiting.on_response = _ignore  # breaks a reference cycle
        self.pipeline.clear()

    def handle_websocket_upgrade(self) -> None:
        self._release()
        self._is_held = True  # the WebSocket protocol decides from now on when the connection is read
        self.connections.discard(self)
        protocol = DirectWebSocketProtocol(self.config, self.server_state, self.app_state)
        protocol.connection_made(self.transport)
        protocol.start_handshake(self.scope["method"], self.url, self.scope["headers"])
        self.transport.set_protocol(protocol)

    def _release(self) -> None:
        self.connection_counts[self._network] -= 1
        if not self.connection_counts[self._network]:
            del self.connection_counts[self._network]

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._running = cycle
        cast(dict, cycle.scope).setdefault("extensions", {})[DISCONNECT] = partial(_disconnect, weakref.ref(self))
        self._unset_keepalive_if_required()  # set if this request was received before the last response was complete
        super()._start_asgi_task(cycle, app)

    # -- what the parser calls ----------------------------------------------------------------------

    def on_message_begin(self) -> None:
        self._overhead = 0
        self._is_reading_head = True
        self.slice_bytes = SLICE_BYTES
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        if len(self.url) > MAX_URL_BYTES:
            raise Rejected(URL_TOO_LONG)

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._is_reading_head:
            return  # a trailer, which must not be mistaken for a header
        super().on_header(name, _without_escapes(value) if name.lower() == b"cookie" else value)
        if len(self.headers) > MAX_HEADERS:
            raise Rejected(HEADERS_TOO_LARGE)

    def on_headers_complete(self) -> None:
        self._is_reading_head = False
        if any(self._size_of(name) > MAX_PARAMETER_BYTES for name in HEADERS_WITH_PARAMETERS):
            raise Rejected(HEADERS_TOO_LARGE)
        if len(self.pipeline) >= MAX_PIPELINED:
            raise Rejected(TOO_MANY_PIPELINED)
        if self.parser.should_upgrade() and self._should_upgrade():
            self._check_handshake()
        super().on_headers_complete()

    def _size_of(self, name: bytes) -> int:
        """Return the size of all headers with this name, which Django joins."""
        return sum(len(value) for header, value in self.headers if header == name)

    def _check_handshake(self) -> None:
        if self._declares_body():
            raise Rejected(BODY_IN_HANDSHAKE)
        if any(len(value) > MAX_HANDSHAKE_HEADER_BYTES for _, value in self.headers):
            raise Rejected(HEADERS_TOO_LARGE)

    def _declares_body(self) -> bool:
        return any(
            name == b"transfer-encoding" or (name == b"content-length" and value.strip() != b"0")
            for name, value in self.headers
        )

    def on_body(self, body: bytes) -> None:
        self._overhead = max(0, self._overhead - 2 * len(body))
        self.slice_bytes = SLICE_BYTES if self._overhead else BODY_SLICE_BYTES
        super().on_body(body)


def _disconnect(reference: "weakref.ref[BoundedHttpProtocol]") -> None:
    """Close the connection in the middle of a response, which Uvicorn would otherwise log as an error."""
    if (protocol := reference()) is not None:
        protocol._disconnect_running()
        protocol.transport.close()


def _ignore() -> None:
    pass


def _without_escapes(cookies: bytes) -> bytes:
    """Remove cookies with a backslash, which the site doesn't use.

    Before 3.11.10 and 3.12.6, Python takes quadratic time to unquote them: seconds for 32 KB (CVE-2024-7592).
    """
    return b";".join(each for each in cookies.split(b";") if b"\\" not in each) if b"\\" in cookies else cookies
