"""The socket's door: who may come in, and what each command leads to."""

import logging
from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.db import DatabaseError, InterfaceError

from accounts.models import User
from accounts.presence import connection_of
from live import metrics
from live.codes import FLOOD, FULL, MALFORMED, RESTARTING, SIGNED_OUT, TOO_BIG
from live.envelope import encoded
from live.line import line_of
from live.socket import Socket
from live.threads import in_thread, in_writing_thread
from live.topics import everyone, room_topic, session_topic, user_topic
from messaging import commands, protocol
from messaging.actions import Draft, Result
from messaging.engine import Engine, get_engine
from messaging.errors import Closing, RateLimited, Unavailable
from messaging.events import own_text
from messaging.reception import Entry
from rooms.errors import Invalid, NotFound, Refusal
from rooms.reads import Mark

logger = logging.getLogger(__name__)

MALFORMED_IN_A_ROW = 10


class LiveConsumer(AsyncWebsocketConsumer):
    """Reads no channel layer: the hub does, once for the whole process."""

    socket: Socket | None = None
    engine: Engine
    user: User

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        # Channels' own makes a task for every frame, and visits the one thread-sensitive database thread.
        self.scope, self.base_send = scope, send
        try:
            await receive()  # websocket.connect
            await self.connect()
            while (message := await receive())["type"] == "websocket.receive":
                await self.receive(message.get("text"), message.get("bytes"))
        finally:
            self._forget()  # also when something broke: a socket left in the hub would hear for ever

    async def connect(self) -> None:
        self.engine = get_engine()
        entry = await self.engine.reception.admit(self.scope["cookies"].get(settings.SESSION_COOKIE_NAME, ""))
        if entry is None:
            await self.close(SIGNED_OUT)  # before the handshake: it is refused
            return
        self.user, self.malformed = entry.guest.user, 0
        await self.accept()
        line = line_of(self.scope, self.base_send)
        if self.engine.is_closing:
            line.close(RESTARTING)
        elif reason := self.engine.why_full(self.user):
            line.close(FULL, reason)
        else:
            self.socket = Socket(user_id=self.user.pk, line=line, flusher=self.engine.hub.flusher)
            await self._open(self.socket, entry)

    async def _open(self, socket: Socket, entry: Entry) -> None:
        engine, hub = self.engine, self.engine.hub
        self.connection = connection_of(self.scope, self.user)
        engine.presence.opened(self.connection)
        engine.watch.hold(socket, entry.guest)
        # Subscribed first, read second: what is published in between waits in the outbox.
        for topic in (everyone, user_topic(self.user.pk), session_topic(entry.guest.session_key)):
            hub.subscribe(topic, socket)
        for room_id in entry.room_ids:
            hub.subscribe(room_topic(room_id), socket)
        metrics.connections.set(hub.count(everyone))
        welcome = await engine.reception.welcome(self.user)
        for room in welcome.rooms:
            hub.note_version(room_topic(room["id"]), room["version"])
            engine.watch.note_room(room["id"], room["revision"])
        engine.watch.look_at_list(user_topic(self.user.pk))
        socket.open(welcome.text(engine.presence.online_for(self.user.pk)))

    def _forget(self) -> None:
        if self.socket is not None:
            self.engine.hub.remove(self.socket)
            self.engine.watch.release(self.socket)
            self.engine.presence.closed(self.connection.pk)
            self.socket.stop()
            metrics.connections.set(self.engine.hub.count(everyone))

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self.socket is None:
            return
        if len(text_data.encode() if text_data is not None else bytes_data or b"") > protocol.MAX_FRAME:
            self._drop(TOO_BIG, "too_big")  # Uvicorn refuses it by itself; Daphne hands it on
        elif wait := self.engine.rates.take(self.user.pk):
            self._slow_down(text_data or "", wait)
        else:
            self.engine.presence.active(self.connection.pk)
            await self._take(self.socket, text_data or "")

    async def _take(self, socket: Socket, text: str) -> None:
        try:
            command = protocol.decode(text)
        except protocol.Malformed as error:
            self._count_malformed(str(error))
        except protocol.BadCommand as error:
            self._refuse(error.ref, Invalid(error.detail))
        else:
            self.malformed = 0
            await self._obey(socket, command)

    async def _obey(self, socket: Socket, command: protocol.AnyCommand) -> None:
        try:
            if isinstance(command, protocol.PostMessage):
                self._post(command)
            elif isinstance(command, protocol.TypeInRoom):
                commands.type_in_room(socket, self.user, command.room)
            else:
                await self._answer(command)
        except Refusal as refusal:
            self._refuse(command.ref, refusal)
        except (DatabaseError, InterfaceError):
            logger.exception("%s could not be carried out", type(command).__name__)
            self._refuse(command.ref, Unavailable(retry_after=2))

    async def _answer(self, command: protocol.AnyCommand) -> None:
        if self.engine.is_closing and isinstance(command, protocol.EditMessage | protocol.DeleteMessage):
            raise Closing
        reply = commands.Reply()
        if isinstance(command, protocol.ReadRoom):
            await self.engine.reads.do(Mark(self.user.pk, command.room, command.seq))
        elif not isinstance(command, protocol.Ping):
            run = in_thread if isinstance(command, protocol.Sync) else in_writing_thread
            reply = await run(commands.carry_out, self.user, command)
        for event in reply.events:
            self._tell(event)
        self._tell({"type": "ok", "ref": command.ref, **reply.fields})

    def _post(self, command: protocol.PostMessage) -> None:
        if command.attachments:
            raise NotFound("attachments: there is no such file.")
        draft = Draft(self.user.pk, command.room, command.client_id, command.body, command.reply_to)

        def answer(result: Result) -> None:
            if isinstance(result, Refusal):
                self._refuse(command.ref, result)
            elif self.socket is not None:
                self.socket.push(f'{{"type":"ok","ref":{encoded(command.ref)},"message":{own_text(result)}}}')

        self.engine.writer.submit(draft, answer)

    def _slow_down(self, text: str, wait: float) -> None:
        self._refuse(protocol.ref_of(text), RateLimited(retry_after=round(wait, 1) or 0.1))
        if self.engine.rates.is_flooding(self.user.pk):
            self._drop(FLOOD, "flood")

    def _count_malformed(self, detail: str) -> None:
        self.malformed += 1
        self._refuse(None, Invalid(detail))
        if self.malformed >= MALFORMED_IN_A_ROW:
            self._drop(MALFORMED, "malformed")

    def _drop(self, code: int, reason: str) -> None:
        metrics.drops.labels(reason).inc()
        if self.socket is not None:
            self.socket.close(code)

    def _refuse(self, ref: str | None, refusal: Refusal) -> None:
        event: dict[str, Any] = {"type": "error", "ref": ref, "code": refusal.code, "detail": refusal.detail}
        if refusal.retry_after is not None:
            event["retry_after"] = refusal.retry_after
        self._tell(event)

    def _tell(self, event: dict[str, Any]) -> None:
        if self.socket is not None:
            self.socket.push(encoded(event))
