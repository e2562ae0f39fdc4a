"""The socket's door: who may come in, and what each command leads to."""

import logging
from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.db import DatabaseError, InterfaceError

from accounts.models import User
from accounts.presence import connection_of
from live.codes import FULL, MALFORMED, RESTARTING, SIGNED_OUT, TOO_BIG
from live.envelope import encoded
from live.socket import Socket
from live.threads import in_thread
from live.topics import everyone, room_topic, session_topic, user_topic
from messaging import commands, protocol
from messaging.actions import Draft, Result
from messaging.engine import get_engine
from messaging.errors import Closing, Unavailable
from messaging.events import shown_to
from messaging.welcome import room_ids_of, welcome
from rooms.errors import Invalid, NotFound, Refusal

logger = logging.getLogger(__name__)

MALFORMED_IN_A_ROW = 10


class LiveConsumer(AsyncWebsocketConsumer):
    channel_layer_alias = "none"  # the hub reads the layer, once for the whole process

    socket: Socket | None = None

    async def __call__(self, *args: Any) -> None:
        try:
            await super().__call__(*args)
        finally:
            self._forget()  # also when something broke: a socket left in the hub would hear for ever

    async def dispatch(self, message: dict[str, Any]) -> None:
        # Channels' own would visit the one thread-sensitive database thread for every frame.
        handlers = {
            "websocket.connect": self.websocket_connect,
            "websocket.receive": self.websocket_receive,
            "websocket.disconnect": self.websocket_disconnect,
        }
        await handlers[message["type"]](message)

    async def connect(self) -> None:
        self.user: User = self.scope["user"]
        self.malformed = 0
        if not self.user.is_authenticated or not self.user.is_active:
            await self.close(SIGNED_OUT)
            return
        self.engine = get_engine()
        await self.accept()
        if self.engine.is_closing:
            await self._close(RESTARTING)
        elif self.engine.hub.count(everyone) >= settings.CHAT_MAX_CONNECTIONS:
            await self._close(FULL)
        else:
            await self._open()

    async def _open(self) -> None:
        hub = self.engine.hub
        self.connection = connection_of(self.scope, self.user)
        self.socket = Socket(user_id=self.user.pk, send=self._send, close=self._close)
        # Subscribed first, read second: what is published in between waits in the outbox.
        session_key = self.scope["session"].session_key or ""
        for topic in (everyone, user_topic(self.user.pk), session_topic(session_key)):
            hub.subscribe(topic, self.socket)
        for room_id in await in_thread(room_ids_of, self.user.pk):
            hub.subscribe(room_topic(room_id), self.socket)
        greeting = await in_thread(welcome, self.user, self.engine.presence.online)
        for room in greeting.rooms:
            hub.note_version(room_topic(room["id"]), room["version"])
            self.engine.watch.note_room(room["id"], room["revision"])
        self.engine.watch.look_at_list(user_topic(self.user.pk))
        self.engine.presence.opened(self.connection)
        self.socket.open(encoded(greeting.event))

    def _forget(self) -> None:
        if self.socket is not None:
            self.engine.hub.remove(self.socket)
            self.engine.presence.closed(self.connection.pk)
            self.socket.stop()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self.socket is None:
            return
        if len(text_data.encode() if text_data is not None else bytes_data or b"") > protocol.MAX_FRAME:
            self.socket.close(TOO_BIG)  # Uvicorn refuses it by itself; Daphne hands it on
            return
        self.engine.presence.active(self.connection.pk)
        try:
            command = protocol.decode(text_data or "")
        except protocol.Malformed as error:
            self._count_malformed(str(error))
            return
        except protocol.BadCommand as error:
            self._refuse(error.ref, Invalid(error.detail))
            return
        self.malformed = 0
        await self._obey(self.socket, command)

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
            self._refuse(command.ref, Unavailable())

    async def _answer(self, command: protocol.AnyCommand) -> None:
        if self.engine.is_closing and isinstance(command, protocol.EditMessage | protocol.DeleteMessage):
            raise Closing
        reply = await in_thread(commands.carry_out, self.user, command)
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
            else:
                self._tell({"type": "ok", "ref": command.ref, "message": shown_to(self.user.pk, result)})

        self.engine.writer.submit(draft, answer)

    def _count_malformed(self, detail: str) -> None:
        self.malformed += 1
        self._refuse(None, Invalid(detail))
        if self.malformed >= MALFORMED_IN_A_ROW and self.socket is not None:
            self.socket.close(MALFORMED)

    def _refuse(self, ref: str | None, refusal: Refusal) -> None:
        event: dict[str, Any] = {"type": "error", "ref": ref, "code": refusal.code, "detail": refusal.detail}
        if refusal.retry_after is not None:
            event["retry_after"] = refusal.retry_after
        self._tell(event)

    def _tell(self, event: dict[str, Any]) -> None:
        if self.socket is not None:
            self.socket.push(encoded(event))

    async def _send(self, text: str) -> None:
        await self.send(text_data=text)

    async def _close(self, code: int) -> None:
        try:
            await self.close(code)
        except Exception:
            if code >= 4000:
                raise
            await self.close()  # Autobahn, under Daphne, sends no code between 1001 and 2999
