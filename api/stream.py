"""The live protocol without a WebSocket, for pages in networks whose proxies block them.

Events arrive as server-sent events in one long response, and commands in requests of their own. These may reach another
process, which passes them on.
"""

import asyncio

from accounts.auth.credentials import credential_of
from accounts.presence.connections import OpenConnection
from api.caller import Identity
from api.errors import NoEndpoint
from live.close_codes import RESTARTING, SERVER_FULL, SIGNED_OUT
from live.envelope import Input, encode
from live.http.responses import Header, Receive, Scope, Send, wait_for_disconnect
from live.topics import user_topic
from live.transports.event_stream import EventStreamTransport, OrderedInput
from messaging.runtime.capacity import capacity_error
from messaging.runtime.connecting import start_session
from messaging.runtime.engine import Engine
from messaging.runtime.session import ClientSession

HEADERS: list[Header] = [
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # nginx would keep the events back
]


async def serve_stream(engine: Engine, identity: Identity, scope: Scope, receive: Receive, send: Send) -> None:
    """Send events until the client disconnects or the server closes the connection, as it would close a socket."""
    if identity.token is not None:
        raise NoEndpoint  # programs use the WebSocket, or wait for events
    admission = await engine.handshakes.admit(credential_of(scope))
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    transport = EventStreamTransport(send)
    if admission is None:
        transport.close(SIGNED_OUT)
    elif engine.is_closing:
        transport.close(RESTARTING)
    elif reason := capacity_error(engine.hub, engine.presence, admission.authenticated.user):
        transport.close(SERVER_FULL, reason)
    else:
        connection = OpenConnection.from_scope(scope, admission.authenticated.user.pk)
        connected = b"event: connected\ndata: " + encode({"connection": connection.pk.hex}) + b"\n\n"
        await send({"type": "http.response.body", "body": connected, "more_body": True})
        if session := await start_session(engine, connection, admission, transport):
            await _run(engine, session, transport, receive)
            return
    await transport.is_closed.wait()


async def _run(engine: Engine, session: ClientSession, transport: EventStreamTransport, receive: Receive) -> None:
    frames = OrderedInput()
    session.take_over(frames)
    session.socket.on_input = frames.receive
    engine.streams.add(session.socket)
    ends = [asyncio.ensure_future(wait_for_disconnect(receive)), asyncio.ensure_future(transport.is_closed.wait())]
    try:
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    finally:
        engine.streams.discard(session.socket)
        session.disconnect()
        for end in ends:
            end.cancel()
        await asyncio.gather(*ends, return_exceptions=True)


def receive_frame(engine: Engine, identity: Identity, key: str, text: str) -> None:
    """Hand a frame to the stream with this key, if it is one of the user's, in whatever process it is."""
    topic = user_topic(identity.user.pk)
    frame = Input(topic, key, text)
    if any(socket.key == key for socket in engine.hub.sockets(topic)):
        engine.hub.deliver(frame)
    else:
        engine.hub.publish_here([frame])
