"""Attacks by members with messages and frames."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from time import perf_counter
from typing import Any, Self
from uuid import uuid4

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from bench.attacks.sampling import sampled, seconds_of, worst
from bench.client import PeerError
from bench.database import execute, query
from bench.protocols import Participant
from bench.scenarios import Outcome
from bench.servers import RunningServer
from bench.ws_frames import PING, PONG, TEXT, client_frame, upgrade_request
from tests.waiting import PATIENCE

COSTLY = {
    "code": ("```python\n" + "a=b+c(d)\n" * 15 + "```\n") * 60,
    "brackets": "[" * 8_000,
    "emphasis": "*a" * 4_000,
    "addresses": "http://a " * 900,
    "escapes": "<" * 8_000,
}
COSTLY_POSTS = 200
FLOOD_SECONDS = 3.0
CHUNK_FRAMES = 2_000
FAILING_SECONDS = 3.0
FLOODS = {
    "pings": client_frame(b"", PING),
    "pongs": client_frame(b"", PONG),
    "fragments": b"\x00\x80\0\0\0\0",
    "tiny": client_frame(b"{}", TEXT),
    "malformed": client_frame(b"\xff", TEXT),
}


class Member:
    """A member with a WebSocket that is read continuously."""

    def __init__(self, connection: ClientConnection, room: int) -> None:
        self.room = room
        self.is_closed = False
        self.acknowledged = 0  # posts
        self.messages = 0  # received
        self.has_left = asyncio.Event()
        self._connection = connection
        self._responses: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._changes: dict[str, Any] = {}
        self._reading = asyncio.create_task(self._read())

    @classmethod
    @asynccontextmanager
    async def connect(cls, server: RunningServer, participant: Participant) -> AsyncIterator[Self]:
        port = server.ports[0]
        headers = {"Cookie": f"sessionid={participant.cookie}", "Origin": f"http://127.0.0.1:{port}"}
        url = f"ws://127.0.0.1:{port}/ws/"
        async with connect(url, additional_headers=headers, max_size=None, compression=None) as connection:
            member = cls(connection, participant.room)
            yield member
            member._reading.cancel()

    async def call(self, type: str, **fields: object) -> dict[str, Any]:
        ref = str(uuid4())
        response = self._responses[ref] = asyncio.get_running_loop().create_future()
        await self._connection.send(json.dumps({"type": type, "ref": ref, **fields}))
        return await response

    async def post(self, body: str) -> None:
        response = await self.call("message.post", room=self.room, body=body, client_id=str(uuid4()))
        self.acknowledged += response["type"] == "ok"

    async def catch_up(self) -> None:
        """Request all of the room's changes, as a page does after a long disconnection."""
        version, has_more = 0, True
        while has_more:
            await self.call("sync", rooms={str(self.room): version})
            version, has_more = self._changes["version"], self._changes["more"]

    async def _read(self) -> None:
        try:
            async for frame in self._connection:
                for event in json.loads(frame):
                    if event["type"] in ("ok", "error") and event["ref"] in self._responses:
                        self._responses.pop(event["ref"]).set_result(event)
                    elif event["type"] == "room.changes":
                        self._changes = event
                    elif event["type"] == "message":
                        self.messages += 1
                    elif event["type"] == "room.left":
                        self.has_left.set()
        except ConnectionClosed:
            pass
        self.is_closed = True
        for response in self._responses.values():
            response.cancel()


async def measure_messages(server: RunningServer, outcome: Outcome, room: int) -> None:
    """Measure how long others wait while a member of the room sends costly messages or floods of frames."""
    hostile, honest, reader, *_ = (each for each in server.participants if each.room == room)
    elsewhere = next(each for each in server.participants if each.room != room)
    async with (
        Member.connect(server, hostile) as attacker,
        Member.connect(server, honest) as same_room,
        Member.connect(server, elsewhere) as other_room,
        Member.connect(server, reader) as other_reader,
    ):
        idle = [await seconds_of(lambda: same_room.post("Hello")) for _ in range(200)]
        outcome.figures["idle post p99 ms"] = sorted(idle)[-2] * 1_000
        posts = {"same room": [0.0], "other room": [0.0]}
        for body in COSTLY.values():
            for where, other in (("same room", same_room), ("other room", other_room)):
                sending = asyncio.gather(*(attacker.post(body[:8_000]) for _ in range(COSTLY_POSTS // len(COSTLY))))
                posts[where] += await sampled(sending, partial(other.post, "Hello *you*"))
        for where, seconds in posts.items():
            outcome.figures[f"costly messages: worst post, {where}, ms"] = max(seconds) * 1_000
        outcome.figures["costly messages: catching up, ms"] = await seconds_of(other_reader.catch_up) * 1_000
        for kind, frame in FLOODS.items():
            flood = _flood(server, hostile, frame)
            outcome.figures[f"flood of {kind}: worst ping, ms"] = await worst(flood, lambda: same_room.call("ping"))
        outcome.stored = server.stored + sum(each.acknowledged for each in (attacker, same_room, other_room))
        outcome.figures["others disconnected"] = sum(each.is_closed for each in (same_room, other_room, other_reader))


async def measure_removal(server: RunningServer) -> float:
    """Return the seconds until a removed member hears nothing more, once the checks that failed meanwhile work again.

    The member is removed in the database, without an event, and the table of memberships is missing for a while.
    """
    honest, removed, *_ = (each for each in server.participants if each.room == server.participants[0].room)
    async with Member.connect(server, honest) as other, Member.connect(server, removed) as member:
        await other.post("Before")
        user_id = query(server, "SELECT id FROM accounts_user WHERE username = ?", removed.name)
        execute(
            server,
            f"DELETE FROM rooms_membership WHERE user_id = {user_id}",  # noqa: S608 (a number)
            f"UPDATE accounts_user SET rooms_version = rooms_version + 1 WHERE id = {user_id}",  # noqa: S608
            "ALTER TABLE rooms_membership RENAME TO rooms_membership_away",
        )
        await asyncio.sleep(FAILING_SECONDS)
        execute(server, "ALTER TABLE rooms_membership_away RENAME TO rooms_membership")
        repaired = perf_counter()
        await asyncio.wait_for(member.has_left.wait(), PATIENCE)
        seconds = perf_counter() - repaired
        heard = member.messages
        await other.post("After")
        await member.call("ping")
    if member.messages > heard:
        raise PeerError("the removed member still receives messages")
    return seconds


async def _flood(server: RunningServer, participant: Participant, frame: bytes) -> None:
    """Send frames as fast as the server reads them. Reconnect whenever it closes the connection."""
    until = perf_counter() + FLOOD_SECONDS
    chunk = frame * CHUNK_FRAMES
    while perf_counter() < until:
        with suppress(OSError, asyncio.IncompleteReadError):
            reader, writer = await asyncio.open_connection("127.0.0.1", server.ports[0])
            headers = f"Cookie: sessionid={participant.cookie}\r\nOrigin: http://127.0.0.1:{server.ports[0]}\r\n"
            writer.write(upgrade_request("/ws/", server.ports[0], headers))
            await reader.readuntil(b"\r\n\r\n")
            discarding = asyncio.create_task(_discard(reader))
            while perf_counter() < until and not discarding.done():
                writer.write(chunk)
                await writer.drain()
            writer.transport.abort()
            await discarding
        await asyncio.sleep(0.05)


async def _discard(reader: asyncio.StreamReader) -> None:
    with suppress(OSError):
        while await reader.read(1 << 16):
            pass
