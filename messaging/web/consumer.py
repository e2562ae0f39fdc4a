"""The socket's door: who may come in."""

import logging
from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.db import DatabaseError, InterfaceError

from accounts.presence.tracker import connection_from_scope
from live import metrics
from live.close_codes import INTERNAL_ERROR, REASONS, RESTARTING, SERVER_FULL, SIGNED_OUT
from live.socket import Socket
from live.topics import everyone, room_topic, session_topic, user_topic
from live.transports.base import Transport
from live.transports.direct import RAW_CONNECTION, transport_for
from messaging.runtime.engine import Engine, get_engine
from messaging.runtime.session import ClientSession
from messaging.runtime.welcome import Admission

logger = logging.getLogger(__name__)


class LiveConsumer(AsyncWebsocketConsumer):
    """Reads no channel layer: the hub does, once for the whole process.

    Where the server lets it, it is done once the visitor is in; elsewhere it stays and hands on what it receives.
    """

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        # Channels' own makes a task for every frame, and visits the one thread-sensitive database thread.
        self.scope, self.base_send = scope, send
        await receive()  # websocket.connect
        visitor = await self.connect()
        connection = scope.get("extensions", {}).get(RAW_CONNECTION)
        if visitor is None:
            while (await receive())["type"] != "websocket.disconnect":
                pass
        elif connection is not None:
            visitor.take_over(connection)
        else:
            await _attend(visitor, receive)

    async def connect(self) -> ClientSession | None:
        engine, transport = get_engine(), transport_for(self.scope, self.base_send)
        try:
            entry = await engine.reception.admit(self.scope["cookies"].get(settings.SESSION_COOKIE_NAME, ""))
        except (DatabaseError, InterfaceError) as error:
            logger.error("nobody can be let in: %s", error)
            await self.accept()  # a page is told no code of a refused handshake
            transport.close(INTERNAL_ERROR)
            return None
        if entry is None:
            await self.close(SIGNED_OUT)
            return None
        await self.accept()
        if engine.is_closing:
            transport.close(RESTARTING)
        elif reason := engine.why_full(entry.guest.user):
            metrics.drops.labels(REASONS[SERVER_FULL]).inc()
            transport.close(SERVER_FULL, reason)
        else:
            return await self._let_in(engine, entry, transport)
        return None

    async def _let_in(self, engine: Engine, entry: Admission, transport: Transport) -> ClientSession | None:
        user = entry.guest.user
        connection = connection_from_scope(self.scope, user)
        flusher = engine.hub.flusher
        socket = Socket(
            user_id=user.pk, transport=transport, flusher=flusher, key=connection.pk.hex, blocked_ids=entry.hidden
        )
        visitor = ClientSession(engine, user, socket, connection)
        engine.presence.add(connection)
        engine.watch.hold(socket, entry.guest)
        # Subscribed first, read second: what is published in between waits in the outbox.
        for topic in (everyone, user_topic(user.pk), session_topic(entry.guest.session_key)):
            engine.hub.subscribe(topic, socket)
        for room_id in entry.room_ids:
            engine.hub.subscribe(room_topic(room_id), socket)
        metrics.connections.set(engine.hub.count(everyone))
        try:
            welcome = await engine.reception.welcome(user)
        except (DatabaseError, InterfaceError) as error:
            logger.error("nobody can be welcomed: %s", error)
            visitor.leave()
            transport.close(INTERNAL_ERROR)
            return None
        except BaseException:
            visitor.leave()
            raise
        for room in welcome.rooms:
            engine.hub.set_baseline(room_topic(room["id"]), room["version"])
            engine.watch.note_room(room["id"], room["revision"])
        engine.watch.look_at_list(user_topic(user.pk))
        socket.open(welcome.text(engine.presence.serialize_for(user.pk, socket.blocked_ids), socket.blocked_ids))
        return visitor


async def _attend(visitor: ClientSession, receive: Any) -> None:
    try:
        while (message := await receive())["type"] == "websocket.receive":
            if (work := visitor.take(message.get("text") or "")) is not None:
                await work
    finally:
        visitor.leave()
