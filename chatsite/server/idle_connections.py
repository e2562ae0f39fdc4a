"""Connections that are held open for nothing: clients that take no byte of their answer, or ask for nothing.

Uvicorn waits for both for ever. Their threads are long free (chatsite/http/wsgi_bridge.py), but a socket and up to
a few hundred kilobytes each would stay, and a few thousand of them would use up the server's.
"""

import logging
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

logger = logging.getLogger(__name__)

LOOK_EVERY = 5.0
PATIENCE = 60.0
BYTES_ACKED = slice(120, 128)  # in Linux's struct tcp_info: what the other side has taken, ever


@dataclass
class _Sighting:
    since: float
    state: tuple[str, int]


class Stalled:
    """`look` is to be called with the server's connections now and then, on the loop."""

    def __init__(self, *, every: float = LOOK_EVERY, patience: float = PATIENCE) -> None:
        self._every = every
        self._patience = patience
        self._next_look = 0.0
        self._seen: dict[Any, _Sighting] = {}

    def look(self, connections: Iterable[Any], now: float) -> None:
        """Cut the connections that have been waited for `patience` seconds without any change."""
        if now < self._next_look:
            return
        self._next_look = now + self._every
        seen = {}
        for connection in list(connections):
            if (state := _waiting(connection)) is None:
                continue
            before = self._seen.get(connection)
            if before is None or before.state != state:
                seen[connection] = _Sighting(now, state)
            elif now - before.since < self._patience:
                seen[connection] = before
            else:
                logger.debug("cutting a connection that does not %s", state[0])
                connection.transport.abort()
        self._seen = seen


def _waiting(connection: Any) -> tuple[str, int] | None:
    """What a connection of Uvicorn's waits for, and how far that has come; None when it waits for nothing."""
    transport = connection.transport
    if transport.get_write_buffer_size():
        return "read", _bytes_taken(transport)
    is_http = hasattr(connection, "cycle")
    if is_http and (connection.cycle is None or connection.cycle.response_complete):
        return "ask", 0 if connection.cycle is None else id(connection.cycle)
    return None


def _bytes_taken(transport: Any) -> int:
    connection = transport.get_extra_info("socket")
    return int.from_bytes(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 192)[BYTES_ACKED], "little")
