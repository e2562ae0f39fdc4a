"""HTTPS requests to push services: to checked addresses only, bounded in time and size, without redirects."""

import re
import socket
import ssl
import threading
import time
from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from typing import NamedTuple

from messaging.push.services import Service

SECONDS = 10.0  # for a request, from looking up the address to the end of the response
MAX_HEAD = 16_384  # bytes of a response
MAX_BODY = 4_096
MAX_IDLE = 20  # connections kept open for each push service
IDLE_SECONDS = 30.0

_PIECE = 4_096
_LAST_CHUNK = b"0\r\n\r\n"


class Response(NamedTuple):
    """A response. `headers`: by their names in lower case. `body`: its beginning."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class InvalidResponse(OSError):
    """The push service answered with something else than HTTP."""


class Connections:
    """Connections to push services, which are kept open for a while. Thread-safe."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._idle: defaultdict[Service, list[tuple[float, _Connection]]] = defaultdict(list)
        self._lock = threading.Lock()

    def post(self, service: Service, target: str, headers: Mapping[str, str], body: bytes) -> Response:
        """Send a POST request. `target`: the path and query. Raises OSError, or NotAllowed for the address."""
        deadline = time.monotonic() + self._seconds
        request = _request(service, target, headers, body)
        if (connection := self._take(service)) is not None:
            with suppress(_Closed):  # while it was idle
                return self._exchange(service, connection, request, deadline)
        return self._exchange(service, _open(service, deadline), request, deadline)

    def close(self) -> None:
        with self._lock:
            idle = [connection for connections in self._idle.values() for _since, connection in connections]
            self._idle.clear()
        for connection in idle:
            connection.close()

    def _exchange(self, service: Service, connection: "_Connection", request: bytes, deadline: float) -> Response:
        try:
            response = connection.exchange(request, deadline)
        except BaseException:
            connection.close()
            raise
        self._give_back(service, connection)
        return response

    def _take(self, service: Service) -> "_Connection | None":
        with self._lock:
            connections = self._idle[service]
            while connections:
                since, connection = connections.pop()
                if time.monotonic() - since < IDLE_SECONDS:
                    return connection
                connection.close()
            del self._idle[service]
        return None

    def _give_back(self, service: Service, connection: "_Connection") -> None:
        with self._lock:
            if connection.is_reusable and len(self._idle[service]) < MAX_IDLE:
                self._idle[service].append((time.monotonic(), connection))
                return
        connection.close()


class _Closed(OSError):
    """The push service has closed the connection without a response."""


class _Connection:
    def __init__(self, connected: ssl.SSLSocket) -> None:
        self._socket = connected
        self._received = b""
        self.is_reusable = True

    def close(self) -> None:
        with suppress(OSError):
            self._socket.close()

    def exchange(self, request: bytes, deadline: float) -> Response:
        self._received = b""
        try:
            self._socket.settimeout(_left(deadline))
            self._socket.sendall(request)
            self._receive(deadline)
        except (ConnectionError, ssl.SSLEOFError) as error:
            raise _Closed(str(error)) from error
        status, headers = self._read_head(deadline)
        while 100 <= status < 200:
            status, headers = self._read_head(deadline)
        return Response(status, headers, self._read_body(status, headers, deadline))

    def _read_head(self, deadline: float) -> tuple[int, dict[str, str]]:
        while b"\r\n\r\n" not in self._received:
            if len(self._received) > MAX_HEAD:
                raise InvalidResponse("the head of the response is too long")
            self._receive(deadline)
        head, _, self._received = self._received.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        version, _, rest = first.partition(" ")
        if version not in ("HTTP/1.1", "HTTP/1.0") or not rest[:3].isdigit():
            raise InvalidResponse("the response isn't HTTP")
        pairs = (line.partition(":") for line in lines)
        headers = {name.strip().lower(): value.strip() for name, _colon, value in pairs}
        self.is_reusable = version == "HTTP/1.1" and headers.get("connection", "").lower() != "close"
        return int(rest[:3]), headers

    def _read_body(self, status: int, headers: Mapping[str, str], deadline: float) -> bytes:
        """Read the body or, if its length isn't known, its beginning. Then the connection isn't used again."""
        length = "0" if status == 204 else headers.get("content-length", "")
        if "transfer-encoding" in headers or not re.fullmatch("[0-9]{1,4}", length) or int(length) > MAX_BODY:
            self.is_reusable = False
            with suppress(OSError):
                while len(self._received) < MAX_BODY and not self._received.endswith(_LAST_CHUNK):
                    self._receive(deadline)
            return self._received[:MAX_BODY]
        while len(self._received) < int(length):
            self._receive(deadline)
        return self._received[: int(length)]

    def _receive(self, deadline: float) -> None:
        self._socket.settimeout(_left(deadline))
        received = self._socket.recv(_PIECE)
        if not received:
            raise _Closed("the push service closed the connection")
        self._received += received


def _open(service: Service, deadline: float) -> _Connection:
    """Connect to one of the addresses that were checked, so that the name can't mean another one by then."""
    error: OSError = OSError("no address")
    for address in service.addresses():
        try:
            plain = socket.create_connection((address, service.port), timeout=_left(deadline))
        except OSError as failure:
            error = failure
            continue
        try:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            plain.settimeout(_left(deadline))
            return _Connection(_tls().wrap_socket(plain, server_hostname=service.host))
        except BaseException:
            plain.close()
            raise
    raise error


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def _left(deadline: float) -> float:
    """Return the seconds that are left, of which the request takes no more however slowly the response arrives."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("timed out")
    return left


def _request(service: Service, target: str, headers: Mapping[str, str], body: bytes) -> bytes:
    host = f"[{service.host}]" if ":" in service.host else service.host
    named = host if service.port == 443 else f"{host}:{service.port}"
    fields = {"Host": named, "Content-Length": str(len(body)), **headers}
    lines = [f"POST {target} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items()), "", ""]
    return "\r\n".join(lines).encode("ascii") + body
