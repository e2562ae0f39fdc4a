"""Starts the session of a client, whatever its transport."""

import logging

from django.db import DatabaseError, InterfaceError

from accounts.presence.connections import OpenConnection
from live import metrics
from live.close_codes import INTERNAL_ERROR
from live.socket import Socket
from live.topics import everyone, room_topic, session_topic, user_topic
from live.transports.base import Transport
from messaging.history.events import describe_missed
from messaging.runtime.engine import Engine
from messaging.runtime.session import ClientSession
from messaging.runtime.welcome import Admission

logger = logging.getLogger(__name__)


async def start_session(
    engine: Engine, connection: OpenConnection, admission: Admission, transport: Transport
) -> ClientSession | None:
    """Connect an authenticated client, and welcome it. If the database can't be reached, close the transport."""
    authenticated, user = admission.authenticated, admission.authenticated.user
    flusher = engine.hub.flusher
    socket = Socket(
        user_id=user.pk,
        transport=transport,
        flusher=flusher,
        key=connection.pk.hex,
        blocked_ids=admission.blocked,
        describe_missed=describe_missed,
    )
    session = ClientSession(engine, user, socket, connection, authenticated.scopes)
    engine.presence.add(connection)
    engine.reconciler.track(socket, authenticated, connection.address)
    # Subscribe before reading, so that events published in between wait in the outbox.
    for topic in (everyone, user_topic(user.pk), session_topic(authenticated.key)):
        engine.hub.subscribe(topic, socket)
    for room_id in admission.room_ids:
        engine.hub.subscribe(room_topic(room_id), socket)
    metrics.connections.set(engine.hub.count(everyone))
    try:
        welcome = await engine.handshakes.welcome(user)
    except (DatabaseError, InterfaceError) as error:
        logger.error("Welcome failed: %s", error)
        session.disconnect()
        transport.close(INTERNAL_ERROR)
        return None
    except BaseException:
        session.disconnect()
        raise
    for room in welcome.rooms:
        engine.hub.set_baseline(room_topic(room["id"]), room["version"])
        engine.reconciler.note_revision(room["id"], room["revision"])
    engine.reconciler.recheck_rooms(user_topic(user.pk))
    socket.open(welcome.text(engine.presence.serialize_for(user.pk, socket.blocked_ids), socket.blocked_ids))
    return session
