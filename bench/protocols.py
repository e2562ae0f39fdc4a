"""How to speak with each server: its handshake, a post, and what its frames mean."""

import json
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import uuid4

import msgspec

from bench.ws_frames import upgrade_request


@dataclass
class Seat:
    """A person in a room. `cookie` is the session where the server knows any."""

    name: str
    room: int
    cookie: str = ""


class Heard(NamedTuple):
    """What a frame says. `position`: the last message that its reader now has."""

    position: int
    acks: list[str] = []
    opened: int | None = None
    failure: str = ""
    reply: bytes = b""
    is_shared: bool = False


class Dialect:
    is_ready_at_once = False  # or when a frame says so

    def handshake(self, seat: Seat, port: int) -> bytes:
        raise NotImplementedError

    def post(self, seat: Seat, ref: str, body: str) -> bytes:
        raise NotImplementedError

    def read(self, seat: Seat, payload: bytes, position: int) -> Heard:
        raise NotImplementedError


# -- Chatsite: versions are checked one by one ----------------------------------------------------


class _Message(msgspec.Struct):
    client_id: str = ""


class _Event(msgspec.Struct):
    type: str
    ref: str | None = None
    room: Any = None
    version: int = 0
    rooms: list[dict[str, Any]] = []
    message: _Message | None = None
    code: str = ""
    detail: str = ""


_events = msgspec.json.Decoder(list[_Event])
PERSONAL = {"ok", "error", "welcome", "room.read"}


class Chatsite(Dialect):
    def handshake(self, seat: Seat, port: int) -> bytes:
        headers = f"Cookie: sessionid={seat.cookie}\r\nOrigin: http://127.0.0.1:{port}\r\n"
        return upgrade_request("/ws/", port, headers)

    def post(self, seat: Seat, ref: str, body: str) -> bytes:
        fields = f'"ref":"{ref}","room":{seat.room},"client_id":"{uuid4()}","body":"{body}"'
        return b'{"type":"message.post",%b}' % fields.encode()

    def read(self, seat: Seat, payload: bytes, position: int) -> Heard:
        acks: list[str] = []
        opened, failure, is_shared = None, "", True
        for event in _events.decode(payload):
            kind = event.type
            if kind in PERSONAL or (event.message and event.message.client_id):
                is_shared = False
            if kind == "ok":
                acks.append(event.ref or "")
            elif kind == "error":
                failure = f"{event.code}: {event.detail}"
            elif kind == "welcome":
                opened = next((room["version"] for room in event.rooms if room["id"] == seat.room), 0)
                position = opened
            elif event.version > position and event.room == seat.room:
                if kind != "room.changes" and event.version != position + 1:
                    failure = f"a hole: {event.version} came after {position}"
                position = event.version
        return Heard(position, acks, opened, failure, is_shared=is_shared)


# -- the peers: messages are counted ---------------------------------------------------------------


class Plain(Dialect):
    """One JSON object in each frame; a message has `body`, the answer to a post `ref`."""

    is_ready_at_once = True

    def handshake(self, seat: Seat, port: int) -> bytes:
        return upgrade_request(f"/ws/chat/{seat.room}/{seat.name}/", port)

    def post(self, seat: Seat, ref: str, body: str) -> bytes:
        return b'{"ref":"%b","body":"%b"}' % (ref.encode(), body.encode())

    def read(self, seat: Seat, payload: bytes, position: int) -> Heard:
        event = json.loads(payload)
        if "ref" in event:
            return Heard(position, [event["ref"]])
        return Heard(position + 1, is_shared=True)


class SocketIO(Dialect):
    """engine.io 4: `0` opens, `2` is a ping; socket.io: `40` connects, `42` is an event, `43` an answer."""

    def handshake(self, seat: Seat, port: int) -> bytes:
        return upgrade_request(f"/socket.io/?EIO=4&transport=websocket&room={seat.room}&name={seat.name}", port)

    def post(self, seat: Seat, ref: str, body: str) -> bytes:
        return b'42%b["post",{"body":"%b"}]' % (ref.encode(), body.encode())

    def read(self, seat: Seat, payload: bytes, position: int) -> Heard:
        match payload[:2]:
            case b"42":
                return Heard(position + 1, is_shared=True)
            case b"43":
                return Heard(position, [payload[2 : payload.index(b"[")].decode()])
            case b"40":
                return Heard(position, opened=0)
            case b"2":
                return Heard(position, reply=b"3")
        if payload[:1] == b"0":
            return Heard(position, reply=b"40")
        return Heard(position, failure=f"socket.io says {payload[:80]!r}")
