"""Closed connections are freed immediately, because the server's garbage collector rarely examines old objects."""

import asyncio
import gc
import weakref
from collections import Counter
from collections.abc import Iterator

import pytest
import uvicorn
from asgiref.sync import sync_to_async
from uvicorn.server import ServerState
from websockets.asyncio.client import connect

from accounts.models import User
from accounts.templatetags.avatars import avatar
from chatsite.asgi import sockets
from chatsite.server.http_protocol import BoundedHttpProtocol
from live.transports.uvicorn import DirectWebSocketProtocol
from messaging.runtime import engine
from rooms.serializers import serialize_own_profile
from tests.factories import make_user
from tests.live_client import session_of
from tests.waiting import until

SERVER_PACKAGES = {"chatsite", "isolation", "live", "accounts", "rooms", "messaging", "uvicorn", "httptools"}


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
    config = uvicorn.Config(sockets, ws=DirectWebSocketProtocol, ws_per_message_deflate=False, log_config=None)
    config.load()
    state, loop = ServerState(), asyncio.get_running_loop()
    server = await loop.create_server(lambda: BoundedHttpProtocol(config, state, {}), "127.0.0.1", 0)
    url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/ws/"

    async def visit() -> None:
        async with connect(url, additional_headers={"Cookie": f"sessionid={session}"}) as client:
            assert "welcome" in await client.recv()
            await client.send('{"type":"ping","ref":"1"}')
            assert '"ok"' in await client.recv()
        await until(lambda: not state.connections, "the server notices")

    await visit()
    gc.collect()
    for _ in range(5):
        await visit()
    gc.set_debug(gc.DEBUG_SAVEALL)
    gc.collect()
    found = Counter(type(each).__qualname__ for each in gc.garbage if package_of(each) in SERVER_PACKAGES)
    assert found == {}
    server.close()
    await engine.stop()


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
