"""The hub: order, holes, and sockets that are too slow."""

import asyncio
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from live.envelope import Envelope
from live.hub import Hub
from live.socket import MAX_EVENTS, Socket
from live.transports.asgi import AsgiTransport
from tests.waiting import until

ROOM = "room:1"


class Line:
    """The far end of a socket: what it got, and whether it reads."""

    def __init__(self, hub: Hub, user_id: int = 1, topics: tuple[str, ...] = (ROOM,), key: str = "") -> None:
        self.frames: list[str] = []
        self.code: int | None = None
        self.reads = asyncio.Event()
        self.reads.set()
        self.socket = Socket(user_id=user_id, line=AsgiTransport(self._send), flusher=hub.flusher, key=key)
        for topic in topics:
            hub.subscribe(topic, self.socket)

    async def _send(self, message: dict) -> None:
        if message["type"] == "websocket.close":
            self.code = message["code"]
        else:
            await self.reads.wait()
            self.frames.append(message["text"])

    @property
    def events(self) -> list:
        return [event for frame in self.frames for event in json.loads(frame)]


def event(version: int, **fields) -> Envelope:
    return Envelope(topic=ROOM, text=str(version), version=version, **fields)


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


@pytest.fixture
async def hub():
    hub = Hub()
    hub.start()
    yield hub
    await hub.stop()


async def test_what_comes_before_the_welcome_is_sent_after_it(hub):
    line = Line(hub)
    hub.deliver(event(5))
    line.socket.open('"welcome"')
    hub.deliver(event(6))
    await settle()
    assert line.events == ["welcome", 5, 6]


async def test_all_that_waits_leaves_as_one_frame(hub):
    line = Line(hub)
    line.socket.open('"welcome"')
    await settle()
    for version in (1, 2, 3):
        hub.deliver(event(version))
    await settle()
    assert line.frames == ['["welcome"]', "[1,2,3]"]


async def test_an_event_is_heard_once(hub):
    line = Line(hub)
    line.socket.open("0")
    for version in (1, 1, 2, 1):
        hub.deliver(event(version))
    await settle()
    assert line.events == [0, 1, 2]


async def test_an_event_that_overtook_another_waits_for_it(hub):
    gaps = []
    hub.on_gap = gaps.append
    line = Line(hub)
    line.socket.open("0")
    hub.note_version(ROOM, 3)
    hub.deliver(event(5))
    hub.deliver(event(6))
    await settle()
    assert (line.events, gaps) == ([0], [ROOM, ROOM])
    hub.deliver(event(4))
    await settle()
    assert line.events == [0, 4, 5, 6]


async def test_a_filled_hole_lets_what_waited_follow_and_drops_what_it_held(hub):
    line = Line(hub)
    line.socket.open("0")
    hub.note_version(ROOM, 3)
    for version in (6, 8):
        hub.deliver(event(version))
    hub.deliver_changes(Envelope(topic=ROOM, text='"4 to 7"', version=7))
    await settle()
    assert line.events == [0, "4 to 7", 8]
    assert hub.version(ROOM) == 8


@settings(max_examples=200, deadline=None)
@given(st.permutations(range(1, 13)), st.lists(st.integers(1, 12), max_size=12))
def test_any_order_and_any_repetition_is_delivered_in_order_once(order, again):
    async def run() -> list:
        hub = Hub()
        hub.start()
        line = Line(hub)
        line.socket.open("0")
        hub.note_version(ROOM, 0)
        for version in [*order, *again]:
            hub.deliver(event(version))
            hub.deliver(event(version))
        await settle()
        await hub.stop()
        return line.events

    assert asyncio.run(run()) == list(range(13))


async def test_the_author_gets_what_is_the_authors_alone(hub):
    author, other = Line(hub, user_id=7), Line(hub, user_id=8)
    for line in (author, other):
        line.socket.open("0")
    hub.deliver(event(1, author=7, author_text='"mine"'))
    await settle()
    assert (author.events, other.events) == ([0, "mine"], [0, 1])


async def test_who_left_hears_nothing_and_who_joins_hears_the_next(hub):
    line = Line(hub, topics=("user:1",))
    line.socket.open("0")
    hub.deliver(event(1))
    hub.deliver(Envelope(topic="user:1", text='"joined"', subscribe=ROOM, known=1))
    hub.deliver(event(2))
    hub.deliver(Envelope(topic="user:1", text='"left"', unsubscribe=ROOM))
    hub.deliver(event(3))
    await settle()
    assert line.events == [0, "joined", 2, "left"]


async def test_closing_a_topic_spares_one_session(hub):
    spared, other = Line(hub, topics=("user:1", "session:a")), Line(hub, topics=("user:1", "session:b"))
    for line in (spared, other):
        line.socket.open("0")
    hub.deliver(Envelope(topic="user:1", close=4401, spare="session:a"))
    await settle()
    assert (spared.code, other.code) == (None, 4401)


async def test_one_socket_of_a_person_is_closed_by_its_key(hub):
    lines = [Line(hub, topics=("user:1",), key=key) for key in ("a", "b")]
    for line in lines:
        line.socket.open("0")
    hub.deliver(Envelope(topic="user:1", close=4410, only="b"))
    await settle()
    assert [line.code for line in lines] == [None, 4410]


async def test_a_socket_that_does_not_read_is_closed_and_holds_up_nobody(hub):
    slow, quick = Line(hub), Line(hub)
    slow.reads.clear()
    for line in (slow, quick):
        line.socket.open("0")
    await settle()
    for version in range(1, MAX_EVENTS + 10):
        hub.deliver(event(version))
        if version % 500 == 0:
            await settle()
    await settle()
    assert len(quick.events) == MAX_EVENTS + 10
    slow.reads.set()
    await settle()
    assert slow.code == 4408


async def test_a_removed_socket_leaves_nothing_behind(hub):
    line = Line(hub, topics=(ROOM, "everyone"))
    hub.deliver(event(4))
    hub.remove(line.socket)
    assert hub.topics() == []
    assert hub.version(ROOM) is None


async def test_publishing_from_a_thread_arrives_on_the_loop(hub):
    line = Line(hub)
    line.socket.open("0")
    await asyncio.to_thread(hub.publish, [event(1)])
    await until(lambda: line.events == [0, 1], "both have come")
