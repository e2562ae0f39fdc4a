"""The hub: order, gaps, subscriptions and slow sockets."""

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from live import hub as hubs
from live import socket as sockets
from live.envelope import Close, Event, Subscribe, Unsubscribe
from live.hub import Hub
from live.socket import MAX_EVENTS, Socket
from live.transports.asgi import AsgiTransport
from tests.waiting import until

ROOM = "room:1"


class FakeClient:
    """Records the frames sent to a socket; `reads` decides whether it accepts more."""

    def __init__(self, hub: Hub, user_id: int = 1, topics: tuple[str, ...] = (ROOM,), **options: Any) -> None:
        self.frames: list[str] = []
        self.code: int | None = None
        self.reads = asyncio.Event()
        self.reads.set()
        self.socket = Socket(user_id=user_id, transport=AsgiTransport(self._send), flusher=hub.flusher, **options)
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


def event(version: int, **fields) -> Event:
    return Event(ROOM, str(version), version=version, **fields)


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


@pytest.fixture
async def hub():
    hub = Hub()
    hub.start()
    yield hub
    await hub.stop()


async def test_events_before_the_welcome_are_sent_after_it(hub):
    client = FakeClient(hub)
    hub.deliver(event(5))
    client.socket.open('"welcome"')
    hub.deliver(event(6))
    await settle()
    assert client.events == ["welcome", 5, 6]


async def test_waiting_events_are_sent_as_one_frame(hub):
    client = FakeClient(hub)
    client.socket.open('"welcome"')
    await settle()
    for version in (1, 2, 3):
        hub.deliver(event(version))
    await settle()
    assert client.frames == ['["welcome"]', "[1,2,3]"]


async def test_many_authors_of_one_batch_receive_their_own_texts_in_order(hub, monkeypatch):
    monkeypatch.setattr(hubs, "MAX_TOGETHER", 2)
    clients = [FakeClient(hub, user_id) for user_id in (1, 2, 3, 4)]
    for client in clients:
        client.socket.open("0")
    hub.deliver(*(event(number, author=number, author_text=f'"own {number}"') for number in (1, 2, 3)))
    await settle()
    assert [client.events for client in clients] == [
        [0, "own 1", 2, 3],
        [0, 1, "own 2", 3],
        [0, 1, 2, "own 3"],
        [0, 1, 2, 3],
    ]


async def test_a_repeated_event_is_delivered_once(hub):
    client = FakeClient(hub)
    client.socket.open("0")
    for version in (1, 1, 2, 1):
        hub.deliver(event(version))
    await settle()
    assert client.events == [0, 1, 2]


async def test_an_early_event_waits_for_the_missing_one(hub):
    gaps = []
    hub.on_gap = gaps.append
    client = FakeClient(hub)
    client.socket.open("0")
    hub.set_baseline(ROOM, 3)
    hub.deliver(event(5))
    hub.deliver(event(6))
    await settle()
    assert (client.events, gaps) == ([0], [ROOM, ROOM])
    hub.deliver(event(4))
    await settle()
    assert client.events == [0, 4, 5, 6]


async def test_a_filled_gap_releases_later_events_and_drops_those_it_contains(hub):
    client = FakeClient(hub)
    client.socket.open("0")
    hub.set_baseline(ROOM, 3)
    for version in (6, 8):
        hub.deliver(event(version))
    hub.deliver_changes(Event(ROOM, '"4 to 7"', version=7))
    await settle()
    assert client.events == [0, "4 to 7", 8]
    assert hub.version(ROOM) == 8


@settings(max_examples=200, deadline=None)
@given(st.permutations(range(1, 13)), st.lists(st.integers(1, 12), max_size=12))
def test_any_order_with_repetitions_is_delivered_in_order_once(order, again):
    async def run() -> list:
        hub = Hub()
        hub.start()
        client = FakeClient(hub)
        client.socket.open("0")
        hub.set_baseline(ROOM, 0)
        for version in [*order, *again]:
            hub.deliver(event(version))
            hub.deliver(event(version))
        await settle()
        await hub.stop()
        return client.events

    assert asyncio.run(run()) == list(range(13))


async def test_only_the_author_receives_the_author_text(hub):
    author, other = FakeClient(hub, user_id=7), FakeClient(hub, user_id=8)
    for client in (author, other):
        client.socket.open("0")
    hub.deliver(event(1, author=7, author_text='"mine"'))
    await settle()
    assert (author.events, other.events) == ([0, "mine"], [0, 1])


async def test_subscribing_and_unsubscribing_take_effect_at_once(hub):
    client = FakeClient(hub, topics=("user:1",))
    client.socket.open("0")
    hub.deliver(event(1))
    hub.deliver(Event("user:1", '"joined"'), Subscribe("user:1", ROOM, baseline=1))
    hub.deliver(event(2))
    hub.deliver(Event("user:1", '"left"'), Unsubscribe("user:1", ROOM))
    hub.deliver(event(3))
    await settle()
    assert client.events == [0, "joined", 2, "left"]


async def test_closing_a_topic_keeps_one_session_open(hub):
    kept, other = FakeClient(hub, topics=("user:1", "session:a")), FakeClient(hub, topics=("user:1", "session:b"))
    for client in (kept, other):
        client.socket.open("0")
    hub.deliver(Close("user:1", 4401, except_topic="session:a"))
    await settle()
    assert (kept.code, other.code) == (None, 4401)


async def test_one_socket_of_a_user_is_closed_by_its_key(hub):
    clients = [FakeClient(hub, topics=("user:1",), key=key) for key in ("a", "b")]
    for client in clients:
        client.socket.open("0")
    hub.deliver(Close("user:1", 4410, only_key="b"))
    await settle()
    assert [client.code for client in clients] == [None, 4410]


async def test_a_socket_that_does_not_read_is_closed_and_delays_no_other(hub):
    slow, quick = FakeClient(hub), FakeClient(hub)
    slow.reads.clear()
    for client in (slow, quick):
        client.socket.open("0")
    await settle()
    for version in range(1, 2 * MAX_EVENTS + 10):
        hub.deliver(event(version))
        if version % 500 == 0:
            await settle()
    await settle()
    assert len(quick.events) == 2 * MAX_EVENTS + 10
    slow.reads.set()
    await settle()
    assert slow.code == 4408


async def test_full_outbox_skips_only_the_events_that_the_client_can_request(hub, monkeypatch):
    monkeypatch.setattr(sockets, "MAX_EVENTS", 2)
    client = FakeClient(hub, describe_missed=lambda topic, since: f'"missed after {since}"')
    client.reads.clear()
    client.socket.open("0")
    await settle()
    hub.deliver(event(1), event(2))
    hub.deliver(event(3), Event(ROOM, '"renamed"'))  # as from another process
    client.reads.set()
    await settle()
    assert client.events == [0, 1, 2, "renamed", "missed after 2"]


async def test_removing_a_socket_removes_its_topics_and_versions(hub):
    client = FakeClient(hub, topics=(ROOM, "everyone"))
    hub.deliver(event(4))
    hub.remove(client.socket)
    assert hub.topics() == []
    assert hub.version(ROOM) is None


async def test_publishing_from_a_thread_delivers_on_the_loop(hub):
    client = FakeClient(hub)
    client.socket.open("0")
    await asyncio.to_thread(hub.publish, [event(1)])
    await until(lambda: client.events == [0, 1], "both are delivered")
