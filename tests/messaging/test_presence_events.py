"""Presence events: each socket receives the states that its user may see."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from messaging.runtime.presence_events import PresenceBroadcaster


@dataclass(eq=False)
class FakeSocket:
    """The part of a socket that the broadcaster uses."""

    user_id: int
    blocked_ids: frozenset[int] = frozenset()
    is_behind: bool = False
    received: list[dict[str, Any]] = field(default_factory=list)

    def push(self, text: str) -> None:
        event = json.loads(text)
        assert event.pop("type") == "presence"
        self.received.append(event)


@dataclass
class FakeHub:
    """The part of the hub that the broadcaster uses."""

    subscribers: list[FakeSocket]

    def sockets(self, topic: str) -> list[FakeSocket]:
        return self.subscribers


@pytest.fixture
def sockets() -> list[FakeSocket]:
    return [FakeSocket(1), FakeSocket(2), FakeSocket(3)]


@pytest.fixture
def broadcaster(sockets) -> PresenceBroadcaster:
    return PresenceBroadcaster(FakeHub(sockets))  # type: ignore[arg-type]


def test_everyone_receives_the_same_event(broadcaster, sockets):
    broadcaster.broadcast({4: "on", 5: "off", 6: "away"}, [])
    assert [socket.received for socket in sockets] == [[{"online": [4, 6], "offline": [5], "away": [6]}]] * 3


def test_no_change_sends_nothing(broadcaster, sockets):
    broadcaster.broadcast({}, [])
    assert [socket.received for socket in sockets] == [[], [], []]


def test_lagging_socket_gets_one_merged_update_later(broadcaster, sockets):
    late = sockets[1]
    late.is_behind = True
    broadcaster.broadcast({4: "on", 5: "on"}, [])
    broadcaster.broadcast({4: "off"}, [])
    assert late.received == []
    late.is_behind = False
    broadcaster.broadcast({}, [])
    broadcaster.broadcast({}, [])
    assert late.received == [{"online": [5], "offline": [4]}]
    assert len(sockets[0].received) == 2


def test_blocked_people_are_left_out(broadcaster, sockets):
    sockets[0].blocked_ids = frozenset({4})
    broadcaster.broadcast({4: "dnd", 5: "dnd"}, [])
    broadcaster.broadcast({4: "off"}, [])
    assert sockets[0].received == [{"online": [5], "offline": [], "dnd": [5]}]
    assert len(sockets[1].received) == 2


def test_invisible_person_is_offline_to_others_alone_also_when_lagging(broadcaster, sockets):
    broadcaster.broadcast({1: "off", 4: "on"}, [])
    assert sockets[0].received == [{"online": [4], "offline": []}]
    assert sockets[1].received == [{"online": [4], "offline": [1]}]
    sockets[1].is_behind = True
    broadcaster.broadcast({2: "off"}, [])
    sockets[1].is_behind = False
    broadcaster.broadcast({}, [])
    assert sockets[1].received == [{"online": [4], "offline": [1]}]
