"""The HTTP client: guarded, and bounded in time and size. It runs in an event loop of its own."""

import asyncio
import ssl
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import NamedTuple
from urllib.parse import urldefrag, urljoin

import httpcore

from outbound.bodies import InvalidBody, read_body
from outbound.connecting import GuardedBackend
from outbound.guard import Destination, Guard, NotAllowed
from outbound.turns import HostTurns

MAX_CONNECTIONS = 100
MAX_IDLE = 20  # connections kept open
IDLE_SECONDS = 30.0
CLOSE_SECONDS = 1.0

REDIRECTS = frozenset({301, 302, 303, 307, 308})
KEEPING_METHOD = frozenset({307, 308})


class Response(NamedTuple):
    """A response. `headers`: by their names in lower case. `body`: its beginning, if it isn't complete.

    url: from where it comes, after redirects.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    is_complete: bool = True
    url: str = ""


class RequestFailed(OSError):
    """The other server can't be reached, or didn't answer with HTTP, or not in time."""


@dataclass(frozen=True)
class Limits:
    """Limits of each request.

    seconds: from the call to the end of the response, however slowly it arrives.
    max_body: bytes of the response, after decompression.
    per_host: requests to one host at a time.
    redirects: that are followed. A POST is only repeated where the other server asks for it, with 307 or 308.
    """

    seconds: float = 10.0
    max_body: int = 4_096
    per_host: int = 4
    redirects: int = 0


class Client:
    """Sends requests where a guard allows it, without cookies, proxies or credentials. Thread-safe.

    The thread with its event loop is started with the first request, so a slow or hostile answer occupies no other.
    """

    def __init__(self, guard: Guard, limits: Limits = Limits()) -> None:
        self._guard = guard
        self._limits = limits
        self._turns = HostTurns(limits.per_host)
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_closed = False

    def send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes = b"",
        *,
        seconds: float | None = None,
        max_body: int | None = None,
    ) -> "Future[Response]":
        """Send a request. The future raises NotAllowed or OSError. `seconds`, `max_body`: instead of the client's."""
        limits = replace(
            self._limits, seconds=seconds or self._limits.seconds, max_body=max_body or self._limits.max_body
        )
        request = self._send(method, url, headers, body, limits)
        with self._lock:
            if self._is_closed:
                request.close()
                raise RequestFailed("the server is stopping")
            return asyncio.run_coroutine_threadsafe(request, self._loop or self._start())

    def close(self) -> None:
        """End what is still going on, and close all connections."""
        with self._lock:
            self._is_closed = True
            if self._loop is not None:
                with suppress(RuntimeError):
                    self._loop.call_soon_threadsafe(self._stop.set)
                self._thread.join(CLOSE_SECONDS)
                self._loop = None

    def _start(self) -> asyncio.AbstractEventLoop:
        self._loop, self._stop = asyncio.new_event_loop(), asyncio.Event()
        self._backend = GuardedBackend(self._guard)
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=ssl.create_default_context(),
            max_connections=MAX_CONNECTIONS,
            max_keepalive_connections=MAX_IDLE,
            keepalive_expiry=IDLE_SECONDS,
            network_backend=self._backend,
        )
        self._thread = threading.Thread(target=self._run, args=[self._loop], name="outbound", daemon=True)
        self._thread.start()
        return self._loop

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        with asyncio.Runner(loop_factory=lambda: loop) as runner:  # which cancels what is left
            runner.run(self._serve())

    async def _serve(self) -> None:
        await self._stop.wait()
        self._backend.stop()
        with suppress(Exception):
            await self._pool.aclose()

    async def _send(self, method: str, url: str, headers: Mapping[str, str], body: bytes, limits: Limits) -> Response:
        try:
            async with asyncio.timeout(limits.seconds):
                return await self._follow(method, url, headers, body, limits)
        except TimeoutError:
            raise RequestFailed(f"no complete answer within {limits.seconds:g} seconds") from None
        except asyncio.CancelledError:
            raise RequestFailed("the server is stopping") from None
        except InvalidBody as error:
            raise RequestFailed(str(error)) from error
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException, OSError) as error:
            raise RequestFailed(str(error) or type(error).__name__) from error

    async def _follow(self, method: str, url: str, headers: Mapping[str, str], body: bytes, limits: Limits) -> Response:
        """Send a request, and follow redirects as far as the limits and the guard allow it."""
        destination = self._guard.check_url(url)
        for _redirect in range(limits.redirects + 1):
            response = await self._exchange(method, destination, headers, body, limits.max_body)
            response = response._replace(url=url)
            location = response.headers.get("location", "")
            if response.status not in REDIRECTS or not location or not limits.redirects:
                return response
            if method != "GET" and response.status not in KEEPING_METHOD:
                return response
            before, url = destination, _resolve(url, location)
            destination = self._guard.check_url(url)
            if before.scheme == "https" and destination.scheme != "https":
                raise NotAllowed("it redirects from https to http")
        raise RequestFailed("it redirects too often")

    async def _exchange(
        self, method: str, destination: Destination, headers: Mapping[str, str], body: bytes, max_body: int
    ) -> Response:
        scheme, host, port, target = destination
        url = httpcore.URL(scheme=scheme.encode(), host=host.encode(), port=port, target=target.encode())
        fields = {"Host": destination.header, "Accept-Encoding": "gzip, deflate", **headers}
        content = None if method == "GET" else body
        async with (
            self._turns.of(host),
            self._pool.stream(method, url, headers=list(fields.items()), content=content) as response,
        ):
            received = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
            encoding = received.get("content-encoding", "").strip().lower()
            answer, is_complete = await read_body(response.aiter_stream(), encoding, max_body)
            return Response(response.status, received, answer, is_complete)


def _resolve(url: str, location: str) -> str:
    try:
        return urldefrag(urljoin(url, location)).url
    except ValueError:
        raise NotAllowed("it redirects to an invalid address") from None
