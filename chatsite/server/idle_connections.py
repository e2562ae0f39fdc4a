"""Closes idle connections of clients that don't read their response or don't send a request.

Uvicorn waits for both forever. They occupy no thread (see chatsite/http/wsgi_bridge.py), but each takes a socket and up
to a few hundred kilobytes; a few thousand would exhaust the server. See docs/adr/0010-own-idle-timeout.md.
"""

import logging
import math
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

logger = logging.getLogger(__name__)

CHECK_SECONDS = 5.0
TIMEOUT_SECONDS = 60.0
CROWDED_TIMEOUT_SECONDS = 5.0  # for clients that send no request, while file descriptors run short
BYTES_ACKED = slice(120, 128)  # in Linux's struct tcp_info: bytes acknowledged since the connection was opened

SEND_A_REQUEST = "send a request"

State = tuple[str, int]


@dataclass
class _Observation:
    since: float
    state: State


class IdleConnections:
    """Close idle connections. Call `close_idle` regularly on the event loop with the server's connections."""

    def __init__(
        self, *, check_seconds: float = CHECK_SECONDS, timeout: float = TIMEOUT_SECONDS, many: float = math.inf
    ) -> None:
        self._check_seconds = check_seconds
        self._timeout = timeout
        self._many = many
        self._next_check = 0.0
        self._observations: dict[Any, _Observation] = {}

    def close_idle(self, connections: Iterable[Any], now: float) -> None:
        """Abort the connections that have been waiting for `timeout` seconds without progress.

        If there are more than `many` connections, abort those that send no request sooner.
        """
        if now < self._next_check:
            return
        self._next_check = now + self._check_seconds
        observations, found = {}, list(connections)
        request_timeout = self._timeout if len(found) <= self._many else min(CROWDED_TIMEOUT_SECONDS, self._timeout)
        for connection in found:
            if (state := _waiting_state(connection)) is None:
                continue
            earlier = self._observations.get(connection)
            if earlier is None or earlier.state != state:
                observations[connection] = _Observation(now, state)
            elif now - earlier.since < (request_timeout if state[0] == SEND_A_REQUEST else self._timeout):
                observations[connection] = earlier
            else:
                logger.debug("closing a connection whose client does not %s", state[0])
                connection.transport.abort()
        self._observations = observations


def _waiting_state(connection: Any) -> State | None:
    """Return the action the server waits for and its progress, or None if the client waits for the server."""
    transport = connection.transport
    if transport.get_write_buffer_size():
        return "read", _bytes_acknowledged(transport)
    is_http = hasattr(connection, "cycle")
    if is_http and (connection.cycle is None or connection.cycle.response_complete):
        return SEND_A_REQUEST, _bytes_acknowledged(transport)
    return None


def _bytes_acknowledged(transport: Any) -> int:
    connection = transport.get_extra_info("socket")
    return int.from_bytes(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 192)[BYTES_ACKED], "little")
