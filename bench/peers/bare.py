"""A broadcaster on plain uvloop, which is the limit in Python with one write per socket and message.

Run as `python -m bench.peers.bare PORT`. Each frame is built once, nothing is stored, and only the ref is decoded.
"""

import asyncio
import base64
import hashlib
import sys
from collections import defaultdict

import uvloop

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
EVENT = b'{"id":%d,"seq":%d,"room":"%b","sender":"%b","at":"2026-01-01T00:00:00.000Z","body":%b}'
rooms: dict[bytes, set["Broadcaster"]] = defaultdict(set)
numbers: dict[bytes, int] = defaultdict(int)


class Broadcaster(asyncio.Protocol):
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.transport = transport
        self.waiting = b""
        self.is_open = False

    def connection_lost(self, error: Exception | None) -> None:
        if self.is_open:
            rooms[self.room].discard(self)

    def data_received(self, data: bytes) -> None:
        self.waiting += data
        if not self.is_open:
            self.open()
            return
        while payload := self.next_payload():
            self.broadcast(payload)

    def open(self) -> None:
        head, end, self.waiting = self.waiting.partition(b"\r\n\r\n")
        if not end:
            self.waiting = head
            return
        self.room, self.name = head.split(b" ")[1].split(b"/")[3:5]
        key = head.lower().partition(b"sec-websocket-key: ")[0]
        key = head[len(key) + 19 :].split(b"\r\n")[0]
        accept = base64.b64encode(hashlib.sha1(key + GUID, usedforsecurity=False).digest())
        upgrade = b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " + accept
        self.transport.write(b"HTTP/1.1 101 Switching Protocols\r\n" + upgrade + b"\r\n\r\n")
        self.is_open = True
        rooms[self.room].add(self)

    def next_payload(self) -> bytes:
        """Return the payload of the next complete frame. The client's frames are small, and its masks are zeros."""
        data = self.waiting
        if len(data) < 8:
            return b""
        start, size = (6, data[1] & 127) if data[1] & 127 < 126 else (8, int.from_bytes(data[2:4], "big"))
        if len(data) < start + size:
            return b""
        self.waiting = data[start + size :]
        return data[start : start + size]

    def broadcast(self, payload: bytes) -> None:
        ref, _, body = payload.partition(b',"body":')
        numbers[self.room] += 1
        number = numbers[self.room]
        message = frame(EVENT % (number, number, self.room, self.name, body[:-1]))
        for member in rooms[self.room]:
            member.transport.write(message)
        self.transport.write(frame(ref + b"}"))


def frame(payload: bytes) -> bytes:
    size = len(payload)
    return (bytes((0x81, size)) if size < 126 else b"\x81\x7e" + size.to_bytes(2, "big")) + payload


async def main() -> None:
    server = await asyncio.get_running_loop().create_server(Broadcaster, "127.0.0.1", int(sys.argv[1]), backlog=2048)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main())
