"""A person at an open socket: what each frame that they send leads to."""

import asyncio
import logging
from collections import deque
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from django.db import DatabaseError, InterfaceError

from accounts.models import Connection, User
from live import metrics
from live.close_codes import FLOODING, INTERNAL_ERROR, MALFORMED, MESSAGE_TOO_BIG
from live.db_threads import in_thread, in_writing_thread
from live.envelope import encoded
from live.socket import Socket
from live.topics import everyone
from live.transports.direct import RawConnection
from messaging.errors import Closing, RateLimited, Unavailable
from messaging.history.events import own_text, people_in
from messaging.history.redaction import without
from messaging.posting.batch import Draft, Result
from messaging.runtime import commands, protocol
from rooms.errors import Invalid, Refusal
from rooms.read_markers import ReadMarker

if TYPE_CHECKING:
    from messaging.runtime.engine import Engine

logger = logging.getLogger(__name__)

MALFORMED_IN_A_ROW = 10
BY_ITSELF = (protocol.Ping, protocol.Sync)  # what a client sends without anybody having done something

Work = Coroutine[Any, Any, None]


class ClientSession:
    """`take` does what a frame asks for, or returns what is left to be awaited before the next may be taken."""

    __slots__ = (
        "_address",
        "_connection",
        "_engine",
        "_malformed",
        "_raw_connection",
        "_socket",
        "_task",
        "_user",
        "_waiting",
    )

    def __init__(self, engine: "Engine", user: User, socket: Socket, connection: Connection) -> None:
        self._engine = engine
        self._user = user
        self._socket = socket
        self._connection = connection.pk
        self._address = connection.address
        self._malformed = 0
        self._raw_connection: RawConnection | None = None
        self._task: asyncio.Task[None] | None = None
        self._waiting: deque[str] | None = None

    # -- frames, by whatever way they come --------------------------------------------------------

    def take_over(self, connection: RawConnection) -> None:
        """Be called for each frame, and for the end, from now on."""
        self._raw_connection = connection
        connection.take_over(self.hear, self.leave)

    def hear(self, text: str) -> None:
        """Take a frame in its turn: what needs a thread holds up what comes after it."""
        if self._task is not None and self._raw_connection is not None:
            self._waiting = self._waiting or deque()
            self._waiting.append(text)
            self._raw_connection.pause_reading()
        elif (work := self.take(text)) is not None:
            self._task = asyncio.get_running_loop().create_task(work)
            self._task.add_done_callback(self._next)

    def leave(self) -> None:
        """The connection is gone, or about to be: nothing of it may stay, or it would be told for ever."""
        self._engine.hub.remove(self._socket)
        self._engine.watch.release(self._socket)
        self._engine.presence.remove(self._connection)
        self._socket.stop()
        self._waiting = None
        metrics.connections.set(self._engine.hub.count(everyone))

    def take(self, text: str) -> Work | None:
        if self._socket.is_closing:
            return None
        if len(text) > protocol.MAX_FRAME or len(text.encode()) > protocol.MAX_FRAME:
            self._socket.close(MESSAGE_TOO_BIG)  # Uvicorn refuses it by itself; Daphne hands it on
        elif wait := self._engine.rates.take(self._user.pk):
            self._slow_down(text, wait)
        else:
            return self._decode(text)
        return None

    def _next(self, task: asyncio.Task[None]) -> None:
        self._task = None
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("a command broke off", exc_info=error)
            self._socket.close(INTERNAL_ERROR)
        while self._waiting and self._task is None:
            self.hear(self._waiting.popleft())
        if self._task is None and self._raw_connection is not None:
            self._raw_connection.resume_reading()

    # -- commands ---------------------------------------------------------------------------------

    def _decode(self, text: str) -> Work | None:
        try:
            command = protocol.decode(text)
        except protocol.Malformed as error:
            self._count_malformed(str(error))
        except protocol.BadCommand as error:
            self._refuse(error.ref, Invalid(error.message, field=error.field))
        else:
            self._malformed = 0
            return self._obey(command)
        return None

    def _obey(self, command: protocol.AnyCommand) -> Work | None:
        if not isinstance(command, BY_ITSELF):
            self._engine.presence.record_activity(self._connection)
        try:
            if isinstance(command, protocol.PostMessage):
                self._post(command)
            elif isinstance(command, protocol.TypeInRoom):
                is_told = not self._engine.presence.is_invisible(self._user.pk)
                commands.type_in_room(self._socket, self._user, command.room, is_told=is_told)
            elif isinstance(command, protocol.ViewRoom):
                self._engine.presence.set_room(self._connection, commands.view_room(self._socket, command.room))
            elif isinstance(command, protocol.SayIdle):
                self._engine.presence.set_idle(self._connection, command.idle)
                self._tell({"type": "ok", "ref": command.ref})
            elif isinstance(command, protocol.Ping):
                self._tell({"type": "ok", "ref": command.ref})
            else:
                return self._answer(command)
        except Refusal as refusal:
            self._refuse(command.ref, refusal)
        return None

    async def _answer(self, command: protocol.AnyCommand) -> None:
        try:
            reply = await self._carry_out(command)
        except Refusal as refusal:
            self._refuse(command.ref, refusal)
        except (DatabaseError, InterfaceError):
            logger.exception("%s could not be carried out", type(command).__name__)
            self._refuse(command.ref, Unavailable(retry_after=2))
        else:
            for event in reply.events:
                self._tell(event)
            self._tell({"type": "ok", "ref": command.ref, **reply.fields})

    async def _carry_out(self, command: protocol.AnyCommand) -> commands.Reply:
        if isinstance(command, protocol.ReadRoom):
            await self._engine.reads.submit(ReadMarker(self._user.pk, command.room, command.seq))
            return commands.Reply()
        if isinstance(command, protocol.Sync):
            return await in_thread(commands.carry_out, self._user, command, self._address)
        if self._engine.is_closing:
            raise Closing
        return await in_writing_thread(commands.carry_out, self._user, command, self._address)

    def _post(self, command: protocol.PostMessage) -> None:
        draft = Draft(
            self._user.pk,
            command.room,
            command.client_id,
            command.body,
            command.reply_to,
            tuple(command.attachments),
        )

        def answer(result: Result) -> None:
            if isinstance(result, Refusal):
                self._refuse(command.ref, result)
            else:
                if not result.is_repeat:
                    self._engine.presence.record_message(self._connection)
                text = f'{{"type":"ok","ref":{encoded(command.ref)},"message":{own_text(result)}}}'
                hidden = self._socket.blocked_ids.intersection(people_in(result))
                self._socket.push(without(text, hidden) if hidden else text)

        self._engine.writer.submit(draft, answer)

    # -- refusals ---------------------------------------------------------------------------------

    def _slow_down(self, text: str, wait: float) -> None:
        self._refuse(protocol.ref_of(text), RateLimited(retry_after=round(wait, 1) or 0.1))
        if self._engine.rates.is_flooding(self._user.pk):
            self._socket.close(FLOODING)

    def _count_malformed(self, detail: str) -> None:
        self._malformed += 1
        self._refuse(None, Invalid(detail))
        if self._malformed >= MALFORMED_IN_A_ROW:
            self._socket.close(MALFORMED)

    def _refuse(self, ref: str | None, refusal: Refusal) -> None:
        self._tell({"type": "error", "ref": ref, **refusal.as_data()})

    def _tell(self, event: dict[str, Any]) -> None:
        self._socket.push(encoded(event))
