"""Who is told what of who comes and goes."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from messaging.runtime.presence_events import PresenceBroadcaster


@dataclass(eq=False)
class Ear:
    """A socket, as far as the roll looks at one."""

    user_id: int
    blocked_ids: frozenset[int] = frozenset()
    is_behind: bool = False
    heard: list[dict[str, Any]] = field(default_factory=list)

    def push(self, text: str) -> None:
        event = json.loads(text)
        assert event.pop("type") == "presence"
        self.heard.append(event)


@dataclass
class Ears:
    """The hub, likewise."""

    ears: list[Ear]

    def sockets(self, topic: str) -> list[Ear]:
        return self.ears


@pytest.fixture
def ears() -> list[Ear]:
    return [Ear(1), Ear(2), Ear(3)]


@pytest.fixture
def roll(ears) -> PresenceBroadcaster:
    return PresenceBroadcaster(Ears(ears))  # type: ignore[arg-type]


def test_everybody_hears_the_same_event(roll, ears):
    roll.broadcast({4: "on", 5: "off", 6: "away"}, [])
    assert [ear.heard for ear in ears] == [[{"online": [4, 6], "offline": [5], "away": [6]}]] * 3


def test_when_nothing_changed_nobody_hears_anything(roll, ears):
    roll.broadcast({}, [])
    assert [ear.heard for ear in ears] == [[], [], []]


def test_who_is_behind_hears_only_the_last_of_it_and_later(roll, ears):
    late = ears[1]
    late.is_behind = True
    roll.broadcast({4: "on", 5: "on"}, [])
    roll.broadcast({4: "off"}, [])
    assert late.heard == []
    late.is_behind = False
    roll.broadcast({}, [])
    roll.broadcast({}, [])
    assert late.heard == [{"online": [5], "offline": [4]}]
    assert len(ears[0].heard) == 2


def test_who_blocks_somebody_hears_of_the_others(roll, ears):
    ears[0].blocked_ids = frozenset({4})
    roll.broadcast({4: "dnd", 5: "dnd"}, [])
    roll.broadcast({4: "off"}, [])
    assert ears[0].heard == [{"online": [5], "offline": [], "dnd": [5]}]
    assert len(ears[1].heard) == 2


def test_who_becomes_invisible_is_off_to_others_alone_also_when_behind(roll, ears):
    roll.broadcast({1: "off", 4: "on"}, [])
    assert ears[0].heard == [{"online": [4], "offline": []}]
    assert ears[1].heard == [{"online": [4], "offline": [1]}]
    ears[1].is_behind = True
    roll.broadcast({2: "off"}, [])
    ears[1].is_behind = False
    roll.broadcast({}, [])
    assert ears[1].heard == [{"online": [4], "offline": [1]}]
