"""The protocol of each peer: its handshake, its posts and the parsing of its frames."""

import json
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import uuid4

import msgspec

from bench.ws_frames import upgrade_request


@dataclass
class Participant:
    """A user in a room. `cookie` is the session, for peers with sessions. `token`: the API token of a bot."""

    name: str
    room: int
    cookie: str = ""
    token: str = ""


class Received(NamedTuple):
    """The content of a frame. `position`: the number of the last message that the client has now received."""

    position: int
    acks: list[str] = []
    opened: int | None = None
    failure: str = ""
    reply: bytes = b""
    is_shared: bool = False


class Protocol:
    is_ready_at_once = False  # or when a frame description so

    def handshake(self, participant: Participant, port: int) -> bytes:
        raise NotImplementedError

    def post(self, participant: Participant, ref: str, body: str) -> bytes:
        raise NotImplementedError

    def read(self, participant: Participant, payload: bytes, position: int) -> Received:
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
    message: _Message | int | None = None  # an id in some events
    code: str = ""
    detail: str = ""


_events = msgspec.json.Decoder(list[_Event])
PERSONAL = {"ok", "error", "welcome", "room.read", "room.unread", "reactions.own"}


class Chatsite(Protocol):
    def handshake(self, participant: Participant, port: int) -> bytes:
        if participant.token:
            headers = f"Authorization: Bearer {participant.token}\r\n"
        else:
            headers = f"Cookie: sessionid={participant.cookie}\r\nOrigin: http://127.0.0.1:{port}\r\n"
        return upgrade_request("/ws/", port, headers)

    def post(self, participant: Participant, ref: str, body: str) -> bytes:
        fields = f'"ref":"{ref}","room":{participant.room},"client_id":"{uuid4()}","body":"{body}"'
        return b'{"type":"message.post",%b}' % fields.encode()

    def react(self, ref: str, message: int, emoji: str) -> bytes:
        return f'{{"type":"reaction.add","ref":"{ref}","message":{message},"emoji":"{emoji}"}}'.encode()

    def read(self, participant: Participant, payload: bytes, position: int) -> Received:
        acks: list[str] = []
        opened, failure, is_shared = None, "", True
        for event in _events.decode(payload):
            kind = event.type
            if kind in PERSONAL or (isinstance(event.message, _Message) and event.message.client_id):
                is_shared = False
            if kind == "ok":
                acks.append(event.ref or "")
            elif kind == "error":
                failure = f"{event.code}: {event.detail}"
            elif kind == "welcome":
                opened = next((room["version"] for room in event.rooms if room["id"] == participant.room), 0)
                position = opened
            elif event.version > position and event.room == participant.room:
                if kind != "room.changes" and event.version != position + 1:
                    failure = f"a gap: {event.version} came after {position}"
                position = event.version
        return Received(position, acks, opened, failure, is_shared=is_shared)


# -- the peers: messages are counted ---------------------------------------------------------------


class Plain(Protocol):
    """One JSON object per frame. A message has `body`, and the reply to a post has `ref`."""

    is_ready_at_once = True

    def handshake(self, participant: Participant, port: int) -> bytes:
        return upgrade_request(f"/ws/chat/{participant.room}/{participant.name}/", port)

    def post(self, participant: Participant, ref: str, body: str) -> bytes:
        return b'{"ref":"%b","body":"%b"}' % (ref.encode(), body.encode())

    def read(self, participant: Participant, payload: bytes, position: int) -> Received:
        event = json.loads(payload)
        if "ref" in event:
            return Received(position, [event["ref"]])
        return Received(position + 1, is_shared=True)


class SocketIO(Protocol):
    """engine.io 4: `0` opens, `2` is a ping; socket.io: `40` connects, `42` is an event, `43` a reply."""

    def handshake(self, participant: Participant, port: int) -> bytes:
        return upgrade_request(
            f"/socket.io/?EIO=4&transport=websocket&room={participant.room}&name={participant.name}", port
        )

    def post(self, participant: Participant, ref: str, body: str) -> bytes:
        return b'42%b["post",{"body":"%b"}]' % (ref.encode(), body.encode())

    def read(self, participant: Participant, payload: bytes, position: int) -> Received:
        match payload[:2]:
            case b"42":
                return Received(position + 1, is_shared=True)
            case b"43":
                return Received(position, [payload[2 : payload.index(b"[")].decode()])
            case b"40":
                return Received(position, opened=0)
            case b"2":
                return Received(position, reply=b"3")
        if payload[:1] == b"0":
            return Received(position, reply=b"40")
        return Received(position, failure=f"socket.io description {payload[:80]!r}")
