"""Attacks by members and strangers, and their effect on other users."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from time import perf_counter
from typing import Any, Self
from uuid import uuid4

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from bench.machine import memory_bytes
from bench.protocols import Participant
from bench.scenarios import Outcome
from bench.servers import RunningServer
from bench.ws_frames import PING, PONG, TEXT, client_frame, upgrade_request

COSTLY = {
    "code": ("```python\n" + "a=b+c(d)\n" * 15 + "```\n") * 60,
    "brackets": "[" * 8_000,
    "emphasis": "*a" * 4_000,
    "addresses": "http://a " * 900,
    "escapes": "<" * 8_000,
}
COSTLY_POSTS = 200
LOGINS = 120
FLOOD_SECONDS = 3.0
CHUNK_FRAMES = 2_000
FLOODS = {
    "pings": client_frame(b"", PING),
    "pongs": client_frame(b"", PONG),
    "fragments": b"\x00\x80\0\0\0\0",
    "tiny": client_frame(b"{}", TEXT),
    "malformed": client_frame(b"\xff", TEXT),
}
HEADER_BYTES = 20_000_000

Sample = Callable[[], Awaitable[object]]


class Member:
    """A member with a WebSocket that is read continuously."""

    def __init__(self, connection: ClientConnection, room: int) -> None:
        self.room = room
        self.is_closed = False
        self.acknowledged = 0  # posts
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
        except ConnectionClosed:
            pass
        self.is_closed = True
        for response in self._responses.values():
            response.cancel()


async def measure(server: RunningServer) -> Outcome:
    """Measure the effect of each attack on other users. CHAT_BURST should allow all of the costly messages."""
    outcome = Outcome()
    room = server.participants[0].room
    hostile, honest, reader, *_ = (each for each in server.participants if each.room == room)
    elsewhere = next(each for each in server.participants if each.room != room)
    async with (
        Member.connect(server, hostile) as attacker,
        Member.connect(server, honest) as same_room,
        Member.connect(server, elsewhere) as other_room,
        Member.connect(server, reader) as other_reader,
    ):
        idle = [await _seconds(lambda: same_room.post("Hello")) for _ in range(200)]
        outcome.figures["idle post p99 ms"] = sorted(idle)[-2] * 1_000
        posts = {"same room": [0.0], "other room": [0.0]}
        for body in COSTLY.values():
            sending = asyncio.gather(*(attacker.post(body[:8_000]) for _ in range(COSTLY_POSTS // len(COSTLY))))
            posts["same room"] += await _sampled(sending, lambda: same_room.post("Hello *you*"))
            sending = asyncio.gather(*(attacker.post(body[:8_000]) for _ in range(COSTLY_POSTS // len(COSTLY))))
            posts["other room"] += await _sampled(sending, lambda: other_room.post("Hello *you*"))
        for where, seconds in posts.items():
            outcome.figures[f"costly messages: worst post, {where}, ms"] = max(seconds) * 1_000
        outcome.figures["costly messages: catching up, ms"] = await _seconds(other_reader.catch_up) * 1_000
        for kind, frame in FLOODS.items():
            flood = _flood(server, hostile, frame)
            outcome.figures[f"flood of {kind}: worst ping, ms"] = await _worst(flood, lambda: same_room.call("ping"))
        outcome.stored = sum(each.acknowledged for each in (attacker, same_room, other_room))
        members = (same_room, other_room, other_reader)
        outcome.figures["others disconnected"] = sum(each.is_closed for each in members)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.ports[0]}", timeout=120) as browser:
        browser.cookies.set("sessionid", honest.cookie)
        page = lambda: browser.get("/people/")  # noqa: E731
        await page()
        outcome.figures["120 logins: worst page, ms"] = await _worst(_log_in_many(server), page)
        before = memory_bytes(server.processes[0])
        outcome.figures["endless headers: worst page, ms"] = await _worst(_send_headers(server), page)
        outcome.figures["endless headers: MB grown"] = (memory_bytes(server.processes[0]) - before) / 1e6
    return outcome


async def _seconds(call: Sample) -> float:
    begun = perf_counter()
    await call()
    return perf_counter() - begun


async def _sampled(attack: Awaitable[object], sample: Sample) -> list[float]:
    """Return the seconds that each sample took during an attack."""
    running = asyncio.ensure_future(attack)
    seconds = []
    while not running.done():
        seconds.append(await _seconds(sample))
        await asyncio.sleep(0.02)
    await running
    return seconds


async def _worst(attack: Coroutine[Any, Any, None], sample: Sample) -> float:
    return max(await _sampled(attack, sample)) * 1_000


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


async def _log_in_many(server: RunningServer) -> None:
    """Make many login attempts at once, each from another address."""
    base = f"http://127.0.0.1:{server.ports[0]}"
    async with httpx.AsyncClient(base_url=base, timeout=120, limits=httpx.Limits(max_connections=None)) as browser:
        await browser.get("/accounts/login/")
        token = browser.cookies["csrftoken"]

        async def log_in(number: int) -> None:
            form = {"login": f"person{number}", "password": "wrong", "csrfmiddlewaretoken": token}
            with suppress(httpx.HTTPError):
                await browser.post("/accounts/login/", data=form, headers={"X-Forwarded-For": f"192.0.2.{number}"})

        await asyncio.gather(*map(log_in, range(LOGINS)))


async def _send_headers(server: RunningServer) -> None:
    """Send an endless header, endless headers, endless trailers and endless pipelined requests."""
    head = f"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1:{server.ports[0]}\r\n"
    chunked = head.replace("GET", "POST") + "Transfer-Encoding: chunked\r\n\r\n0\r\n"
    block = b"x" * 50_000
    await _stream(server, f"{head}X-Long: ".encode(), block)
    await _stream(server, head.encode(), b"X-Many: 1\r\n" * 5_000)
    await _stream(server, chunked.encode(), b"X-Trailer: 1\r\n" * 4_000)
    await _stream(server, b"", f"{head}\r\n".encode() * 1_000)


async def _stream(server: RunningServer, begin: bytes, block: bytes) -> None:
    with suppress(OSError):
        _, writer = await asyncio.open_connection("127.0.0.1", server.ports[0])
        writer.write(begin)
        for _ in range(HEADER_BYTES // len(block)):
            writer.write(block)
            await asyncio.wait_for(writer.drain(), 2)
        writer.transport.abort()
