"""Closed connections are freed immediately, because the server's garbage collector rarely examines old objects."""

import asyncio
import gc
import weakref
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from websockets.asyncio.client import connect

from accounts.models import User
from accounts.templatetags.avatars import avatar
from chatsite.asgi import sockets
from live.transports.direct import RAW_CONNECTION
from messaging.runtime import engine
from rooms.serializers import serialize_own_profile
from tests.checkout import PACKAGES
from tests.factories import make_user
from tests.http_server import serving
from tests.live_client import session_of
from tests.waiting import until

SERVER_PACKAGES = PACKAGES | {"uvicorn", "httptools"}


@pytest.fixture
def without_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.set_debug(0)
    gc.garbage.clear()
    gc.enable()


@pytest.mark.django_db(transaction=True)
async def test_closed_connections_leave_no_cycles(everyone, without_collector):
    session = await sync_to_async(lambda: session_of(make_user()))()

    async def visit() -> None:
        url = f"ws://127.0.0.1:{port}/ws/"
        async with connect(url, additional_headers={"Cookie": f"sessionid={session}"}) as client:
            assert "welcome" in await client.recv()
            await client.send('{"type":"ping","ref":"1"}')
            assert '"ok"' in await client.recv()
        await until(lambda: not state.connections, "the server notices")

    async with serving(sockets) as (port, state):
        await visit()
        gc.collect()
        for _ in range(5):
            await visit()
        gc.set_debug(gc.DEBUG_SAVEALL)
        gc.collect()
    found = Counter(type(each).__qualname__ for each in gc.garbage if package_of(each) in SERVER_PACKAGES)
    assert found == {}
    await engine.stop()


async def test_pipelined_requests_of_a_client_that_leaves_make_no_cycle(without_collector):
    async def app(scope: Any, receive: Any, send: Any) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    async with serving(app) as (port, state):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 3)
        await until(lambda: any(each.pipeline for each in state.connections), "the server has read the requests")
        connection = weakref.ref(next(iter(state.connections)))
        writer.close()
        await until(lambda: connection() is None, "the connection is freed", seconds=5)


async def test_client_that_leaves_before_the_session_starts_makes_no_cycle(without_collector):
    class Session:
        def __init__(self, connection: Any) -> None:
            self.connection = connection
            connection.on_writable = self.ignore
            connection.take_over(self.ignore, self.ignore, self.ignore)

        def ignore(self, *arguments: object) -> None:
            pass

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        connection = scope["extensions"][RAW_CONNECTION]
        accepted.append(weakref.ref(connection))
        await until(lambda: connection.disconnected, "the client leaves")
        Session(connection)

    accepted: list[weakref.ref] = []
    async with serving(app) as (port, _):
        async with connect(f"ws://127.0.0.1:{port}/"):
            pass
        await until(lambda: accepted[0]() is None, "the connection is freed", seconds=5)


def test_serializing_a_user_creates_no_cycle(db, without_collector):
    """A Django file field refers back to its row."""
    user = User.objects.get(pk=make_user().pk)
    serialize_own_profile(user)
    avatar(user)
    reference = weakref.ref(user)
    del user
    assert reference() is None


def package_of(value: object) -> str:
    return type(value).__module__.partition(".")[0]
