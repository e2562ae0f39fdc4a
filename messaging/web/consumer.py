"""The WebSocket consumer: authenticates the handshake and starts the session."""

import logging
from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import DatabaseError, InterfaceError

from accounts.auth.credentials import credential_of
from accounts.models import Scope
from accounts.presence.connections import OpenConnection
from live import metrics
from live.close_codes import FORBIDDEN, INTERNAL_ERROR, REASONS, RESTARTING, SERVER_FULL, SIGNED_OUT
from live.transports.direct import RAW_CONNECTION, transport_for
from messaging.runtime.capacity import capacity_error
from messaging.runtime.connecting import start_session
from messaging.runtime.engine import get_engine
from messaging.runtime.session import ClientSession

logger = logging.getLogger(__name__)


class LiveConsumer(AsyncWebsocketConsumer):
    """Starts a session for each WebSocket. The channel layer is read by the hub, once per process.

    On Uvicorn, it returns after the handshake (docs/adr/0006-sockets-leave-asgi.md). Elsewhere, it forwards all frames.
    """

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        # Channels' own __call__ creates a task per frame and uses the single thread-sensitive database thread.
        self.scope, self.base_send = scope, send
        await receive()  # websocket.connect
        session = await self.connect()
        connection = scope.get("extensions", {}).get(RAW_CONNECTION)
        if session is None:
            while (await receive())["type"] != "websocket.disconnect":
                pass
        elif connection is not None:
            session.take_over(connection)
        else:
            await _pump(session, receive)

    async def connect(self) -> ClientSession | None:
        engine, transport = get_engine(), transport_for(self.scope, self.base_send)
        try:
            admission = await engine.handshakes.admit(credential_of(self.scope))
        except (DatabaseError, InterfaceError) as error:
            logger.error("Handshake failed: %s", error)
            await self.accept()  # browsers don't expose the close code of a rejected handshake
            transport.close(INTERNAL_ERROR)
            return None
        if admission is None:
            await self.close(SIGNED_OUT)
            return None
        scopes = admission.authenticated.scopes
        if scopes is not None and Scope.READ not in scopes:  # every event is something to read
            await self.close(FORBIDDEN)
            return None
        await self.accept()
        if engine.is_closing:
            transport.close(RESTARTING)
        elif reason := capacity_error(engine.hub, engine.presence, admission.authenticated.user):
            metrics.drops.labels(REASONS[SERVER_FULL]).inc()
            transport.close(SERVER_FULL, reason)
        else:
            user = admission.authenticated.user
            connection = OpenConnection.from_scope(self.scope, user.pk, is_bot=user.is_bot)
            return await start_session(engine, connection, admission, transport)
        return None


async def _pump(session: ClientSession, receive: Any) -> None:
    try:
        while (message := await receive())["type"] == "websocket.receive":
            if (work := session.handle(message.get("text") or "")) is not None:
                await work
    finally:
        session.disconnect()
