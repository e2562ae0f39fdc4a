"""Waits for the events of a user's rooms: a socket that lives for one request.

The cursor that a client passes from request to request has the version of each of its rooms. So nothing has to be kept
between requests, and whatever changes meanwhile is found in the database, also by another process or after a restart.
"""

import asyncio
import base64
import binascii
import zlib
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, NamedTuple

import msgspec
from django.utils.translation import gettext as _

from accounts.models import User
from api.caller import Identity
from live.db_threads import in_thread
from live.http.responses import Receive, wait_for_disconnect
from live.socket import Socket
from live.topics import everyone, room_topic, user_topic
from live.transports.base import Transport
from live.transports.frames import text_of
from messaging.history.events import describe_missed
from messaging.runtime.engine import Engine
from messaging.runtime.room_changes import changes_of_rooms
from rooms.errors import Invalid
from rooms.rows import read_memberships, read_rooms
from rooms.serializers import serialize_rooms_for

Event = dict[str, Any]

GATHERING_SECONDS = 0.02  # after the first event, so that several messages at once arrive in one response
MAX_ROOMS = 5_000
MAX_CURSOR = 64 * 1024
UNSENT = {"presence", "room.typing", "person.changed"}  # of no use to a client that doesn't listen all the time

_decode_events = msgspec.json.Decoder(list[Event]).decode


class RoomState(NamedTuple):
    """The number of changes to a room's messages that a client knows of, and to the room itself."""

    version: int
    revision: int


Cursor = dict[int, RoomState]


class Page(NamedTuple):
    """Events, encoded or not, and the cursor after them."""

    events: list[Event]
    cursor: Cursor


async def wait_for_events(
    engine: Engine, identity: Identity, known: Cursor, *, seconds: float, receive: Receive
) -> Page:
    """Return the events after a cursor. If there are none, wait for the first one, for some seconds."""
    poll = _Poll(engine, identity)
    user = identity.user
    try:
        for topic in (everyone, user_topic(user.pk)):
            engine.hub.subscribe(topic, poll.socket)
        memberships = await in_thread(read_memberships, [user.pk])
        for membership in memberships:
            engine.hub.subscribe(room_topic(membership.room_id), poll.socket)
        page = await in_thread(_missed, user, known)
        has_left = any(membership.room_id not in page.cursor for membership in memberships)
        if page.events or has_left or not seconds:
            return page
        for room_id, state in page.cursor.items():
            engine.hub.set_baseline(room_topic(room_id), state.version)
        events = await poll.wait(seconds, receive)
        return Page(events, _advanced(page.cursor, events))
    finally:
        engine.hub.remove(poll.socket)
        poll.socket.stop()


async def current(user: User) -> Cursor:
    """Return the cursor of now."""
    return await in_thread(_state_of, user.pk)


def encode_cursor(cursor: Cursor) -> str:
    packed = msgspec.msgpack.encode([value for room, state in sorted(cursor.items()) for value in (room, *state)])
    return base64.urlsafe_b64encode(zlib.compress(packed, level=1)).decode().rstrip("=")


def decode_cursor(text: str) -> Cursor:
    """Raises Invalid."""
    try:
        packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        inflate = zlib.decompressobj()
        numbers = msgspec.msgpack.decode(inflate.decompress(packed, MAX_ROOMS * 27 + 5), type=list[int])
        if len(numbers) % 3 or min(numbers, default=0) < 0 or max(numbers, default=0) >= 2**63:
            raise ValueError("not a list of rooms with two numbers each")
    except (ValueError, binascii.Error, zlib.error, msgspec.MsgspecError):
        raise Invalid(_("Give the value of “after” from the previous response."), field="after") from None
    triples = zip(numbers[::3], numbers[1::3], numbers[2::3], strict=True)
    return {room_id: RoomState(version, revision) for room_id, version, revision in triples}


class _Poll:
    """A socket whose first events end the request."""

    def __init__(self, engine: Engine, identity: Identity) -> None:
        self._transport = _Collector()
        self.socket = Socket(
            user_id=identity.user.pk,
            transport=self._transport,
            flusher=engine.hub.flusher,
            blocked_ids=identity.blocked,
            describe_missed=describe_missed,
        )

    async def wait(self, seconds: float, receive: Receive) -> list[Event]:
        self.socket.open()
        gone = asyncio.ensure_future(wait_for_disconnect(receive))
        arrived = asyncio.ensure_future(self._transport.arrived.wait())
        try:
            await asyncio.wait([gone, arrived], timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            if arrived.done():
                await asyncio.sleep(GATHERING_SECONDS)
        finally:
            for waiting in (gone, arrived):
                waiting.cancel()
                with suppress(asyncio.CancelledError):
                    await waiting
        return self._transport.events


class _Collector(Transport):
    """Keeps what a socket writes. `arrived`: set once there is an event, or the server closes the socket."""

    __slots__ = ("arrived", "events")

    def __init__(self) -> None:
        super().__init__(_send_nothing)
        self.events: list[Event] = []
        self.arrived = asyncio.Event()

    @property
    def is_writable(self) -> bool:
        return True

    def write(self, frame: bytes) -> None:
        self.events += [event for event in _decode_events(text_of(frame)) if event["type"] not in UNSENT]
        if self.events:
            self.arrived.set()

    def close(self, code: int, reason: str = "") -> None:
        self.arrived.set()


async def _send_nothing(message: Event) -> None:
    pass


def _state_of(user_id: int) -> Cursor:
    return _states(membership.room_id for membership in read_memberships([user_id]))


def _states(room_ids: Iterable[int]) -> Cursor:
    return {room.pk: RoomState(room.version, room.revision) for room in read_rooms(room_ids).values()}


def _missed(user: User, known: Cursor) -> Page:
    """Return the events since a cursor, as far as the database knows them.

    The memberships are read after the subscriptions, as the user may have been removed from a room in between.
    """
    floors = {membership.room_id: membership.cleared_seq for membership in read_memberships([user.pk])}
    cursor = _states(floors)
    events: list[Event] = []
    changed = {
        pk: known[pk].version for pk, state in cursor.items() if pk in known and state.version != known[pk].version
    }
    for text in changes_of_rooms(user, changed, {pk: cursor[pk].version for pk in changed}, floors):
        event = msgspec.json.decode(text)
        events.append(event)
        cursor[event["room"]] = cursor[event["room"]]._replace(version=event["version"])
    new = {pk for pk, state in cursor.items() if pk not in known or state.revision != known[pk].revision}
    rooms = [room for room in serialize_rooms_for(user) if room["id"] in new] if new else []
    events += [{"type": "room.updated" if room["id"] in known else "room.joined", "room": room} for room in rooms]
    events += [{"type": "room.left", "room": pk, "reason": "removed"} for pk in known.keys() - cursor.keys()]
    return Page(events, cursor)


def _advanced(cursor: Cursor, events: list[Event]) -> Cursor:
    """Return the cursor after these events."""
    after = dict(cursor)
    for event in events:
        room: Any = event.get("room")
        if event["type"] == "room.left":
            after.pop(room, None)
        elif event["type"] in ("room.joined", "room.updated"):
            state = after.get(room["id"], RoomState(room.get("version", 0), 0))
            after[room["id"]] = RoomState(state.version, room.get("revision", state.revision))
        elif room in after and "version" in event:
            after[room] = after[room]._replace(version=max(event["version"], after[room].version))
    return after
