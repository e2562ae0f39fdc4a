"""A client's session on an open socket: frames, rate limiting, dispatch and refusals."""

import asyncio
import logging
from collections import deque
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from django.db import DatabaseError, InterfaceError
from django.utils import translation

from accounts.models import User
from accounts.presence.connections import OpenConnection
from live import metrics
from live.close_codes import FLOODING, INTERNAL_ERROR, MALFORMED, MESSAGE_TOO_BIG
from live.db_threads import in_thread, in_writing_thread
from live.envelope import encoded
from live.socket import Socket
from live.topics import everyone
from live.transports.direct import RawConnection
from messaging.errors import Closing, RateLimited, Unavailable
from messaging.runtime import protocol
from messaging.runtime.commands import HANDLERS, execute
from messaging.runtime.handlers import Handler, Reply, Runs
from rooms.errors import Invalid, Refusal
from rooms.scopes import Scopes, require_scope

if TYPE_CHECKING:
    from messaging.runtime.engine import Engine

logger = logging.getLogger(__name__)

MALFORMED_IN_A_ROW = 10
CHARACTERS_PER_TOKEN = 2_000  # a frame takes one token, plus one for each multiple of this length

Work = Coroutine[Any, Any, None]


class ClientSession:
    """Runs a client's commands in order. Refusals are in the user's language.

    `scopes` are those of its token, if it has one.
    """

    __slots__ = (
        *("_address", "_malformed", "_raw_connection", "_scopes", "_task", "_waiting"),
        *("connection_id", "engine", "language", "marked_unread", "socket", "user"),
    )

    def __init__(
        self,
        engine: "Engine",
        user: User,
        socket: Socket,
        connection: OpenConnection,
        scopes: Scopes = None,
    ) -> None:
        self.engine = engine
        self.user = user
        self.socket = socket
        self.connection_id = connection.pk
        self.language = user.preferred_language
        self.marked_unread: set[int] = set()  # the ids of rooms
        self._address = connection.address
        self._scopes = scopes
        self._malformed = 0
        self._raw_connection: RawConnection | None = None
        self._task: asyncio.Task[None] | None = None
        self._waiting: deque[str] | None = None

    # -- frames -----------------------------------------------------------------------------------

    def take_over(self, raw_connection: RawConnection) -> None:
        """Receive subsequent frames, and the disconnect, directly from the server's connection."""
        self._raw_connection = raw_connection
        raw_connection.take_over(self.receive, self.close_for_flooding, self.disconnect)

    def receive(self, text: str) -> None:
        """Handle a frame. While one is awaited, later frames wait and the connection is paused."""
        if self._task is not None and self._raw_connection is not None:
            self._waiting = self._waiting or deque()
            self._waiting.append(text)
            self._raw_connection.pause_reading()
        elif (work := self.handle(text)) is not None:
            self._task = asyncio.get_running_loop().create_task(work)
            self._task.add_done_callback(self._next)

    def close_for_flooding(self) -> None:
        self.socket.close(FLOODING)

    def disconnect(self) -> None:
        """Unregister the socket everywhere. Otherwise, events would be published to it forever."""
        self.engine.hub.remove(self.socket)
        self.engine.reconciler.untrack(self.socket)
        self.engine.presence.remove(self.connection_id)
        self.socket.stop()
        self._waiting = self._raw_connection = None
        metrics.connections.set(self.engine.hub.count(everyone))

    def handle(self, text: str) -> Work | None:
        """Run a frame's command. Return a coroutine if it must be awaited before the next frame."""
        if self.socket.is_closing:
            return None
        if len(text) > protocol.MAX_FRAME or len(text.encode()) > protocol.MAX_FRAME:
            self.socket.close(MESSAGE_TOO_BIG)  # Uvicorn rejects such frames itself, but Daphne passes them on
        elif wait := self.engine.rate_limiter.take(self.user.pk, 1 + len(text) // CHARACTERS_PER_TOKEN):
            self._limit_rate(text, wait)
        else:
            return self._decode(text)
        return None

    def _next(self, task: asyncio.Task[None]) -> None:
        self._task = None
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("a command failed", exc_info=error)
            self.socket.close(INTERNAL_ERROR)
        while self._waiting and self._task is None:
            self.receive(self._waiting.popleft())
        if self._task is None and self._raw_connection is not None:
            self._raw_connection.resume_reading()

    # -- commands ---------------------------------------------------------------------------------

    def _decode(self, text: str) -> Work | None:
        try:
            command = protocol.decode(text)
        except protocol.Malformed as error:
            self._count_malformed(str(error))
        except protocol.InvalidCommand as error:
            self.refuse(error.ref, Invalid(error.message, field=error.field))
        else:
            self._malformed = 0
            return self._dispatch(command)
        return None

    def _dispatch(self, command: protocol.AnyCommand) -> Work | None:
        handler = HANDLERS[type(command)]
        try:
            require_scope(self._scopes, handler.scope)
            if handler.is_activity:
                self.engine.presence.record_activity(self.connection_id)
            if handler.runs is not Runs.ON_LOOP:
                return self._await(handler, command)
            self.respond(command.ref, handler.function(self, command))
        except Refusal as refusal:
            self.refuse(command.ref, refusal)
        return None

    async def _await(self, handler: Handler, command: protocol.AnyCommand) -> None:
        try:
            self.respond(command.ref, await self._result(handler, command))
        except Refusal as refusal:
            self.refuse(command.ref, refusal)
        except (DatabaseError, InterfaceError):
            logger.exception("%s failed", type(command).__name__)
            self.refuse(command.ref, Unavailable(retry_after=2))

    async def _result(self, handler: Handler, command: protocol.AnyCommand) -> Reply:
        if handler.runs is Runs.AWAITED:
            return await handler.function(self, command)
        if handler.runs is Runs.READING:
            await self.socket.wait_until_written()  # the reply may be as large as an outbox
            return await in_thread(execute, self.user, command, self._address, self._scopes)
        if self.engine.is_closing:
            raise Closing
        return await in_writing_thread(execute, self.user, command, self._address, self._scopes)

    def respond(self, ref: str, reply: Reply | None) -> None:
        if reply is not None:
            for event in reply.events:
                self.socket.push(event)
            self._send({"type": "ok", "ref": ref, **reply.fields})

    # -- refusals ---------------------------------------------------------------------------------

    def refuse(self, ref: str | None, refusal: Refusal) -> None:
        with translation.override(self.language):
            self._send({"type": "error", "ref": ref, **refusal.as_data()})

    def _limit_rate(self, text: str, wait: float) -> None:
        self.refuse(protocol.ref_of(text), RateLimited(retry_after=wait))
        if self.engine.rate_limiter.is_flooding(self.user.pk):
            self.close_for_flooding()

    def _count_malformed(self, detail: str) -> None:
        self._malformed += 1
        self.refuse(None, Invalid(detail))
        if self._malformed >= MALFORMED_IN_A_ROW:
            self.socket.close(MALFORMED)

    def _send(self, event: dict[str, Any]) -> None:
        self.socket.push(encoded(event))
