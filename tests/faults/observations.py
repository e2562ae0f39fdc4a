"""Observations for the oracle: the stored rooms, the attempted posts, and the messages that readers show.

Writers and readers log each step to disk before they go on; the oracle reads the logs.
"""

import json
import os
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class MessageState:
    """A message as a reader shows it. The body of a deleted message is empty."""

    id: int
    seq: int
    version: int
    body: str


@dataclass(frozen=True, slots=True)
class StoredMessage(MessageState):
    """A message as stored in the database."""

    sender: int
    client_id: str


@dataclass(slots=True)
class StoredRoom:
    """A room as stored in the database. `changes`: the number of stored edits and deletions."""

    id: int
    last_seq: int
    version: int
    messages: list[StoredMessage]
    changes: int = 0
    members: set[int] = field(default_factory=set)


@dataclass(slots=True)
class Attempt:
    """A post as its writer knows it. `change`: the edited body, "" if deleted, None if neither."""

    client_id: str
    sender: int
    room: int
    body: str
    acked: MessageState | None = None
    refused: str = ""
    change: str | None = None
    change_acked: bool = False


class Timeline:
    """A room's messages as a reader has them: the latest received state of each."""

    def __init__(self) -> None:
        self.version = 0
        self._messages: dict[int, MessageState] = {}

    def merge(self, version: int, messages: list[MessageState], *, reset: bool = False) -> None:
        if reset:
            self._messages.clear()
        for message in messages:
            current = self._messages.get(message.id)
            if current is None or message.version > current.version:
                self._messages[message.id] = message
        self.version = version

    @property
    def messages(self) -> list[MessageState]:
        return sorted(self._messages.values(), key=lambda message: message.seq)


@dataclass(slots=True)
class ReaderView:
    """A reader's final timelines by room, the violations it recorded, and the users whom its user blocks."""

    name: str
    user: int
    rooms: dict[int, list[MessageState]]
    violations: list[str] = field(default_factory=list)
    blocked: frozenset[int] = frozenset()


class Log:
    """A file with one JSON value per line. `write` returns when the line is on disk."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = open(path, "a", encoding="utf-8")  # noqa: SIM115 (stays open until `close`)

    def write(self, kind: str, **fields: Any) -> None:
        self._file.write(json.dumps([kind, fields]) + "\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        self._file.close()


def read_log(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    with open(path, encoding="utf-8") as file:
        yield from map(json.loads, file)


def read_writer(path: Path) -> list[Attempt]:
    """Return the writer's attempts in order."""
    attempts: dict[str, Attempt] = {}
    for kind, fields in read_log(path):
        attempt = attempts.get(fields["client_id"])
        if kind == "tried":
            attempts.setdefault(fields["client_id"], Attempt(**fields))
        elif attempt is None:
            raise ValueError(f"{path}: {kind} before it was tried")
        elif kind == "acked":
            attempt.acked = MessageState(fields["id"], fields["seq"], fields["version"], attempt.body)
        elif kind == "refused":
            attempt.refused = fields["code"]
        elif kind == "changing":
            attempt.change = fields["body"]
        elif kind == "changed":
            attempt.change_acked = True
    return list(attempts.values())


def read_reader(path: Path) -> ReaderView:
    """Rebuild the reader's view from its log."""
    timelines: dict[int, Timeline] = defaultdict(Timeline)
    result = ReaderView(path.stem, 0, {})
    joined: set[int] = set()
    for kind, fields in read_log(path):
        if kind == "is":
            result.user = fields["user"]
        elif kind == "rooms":
            joined = set(fields["rooms"])
        elif kind == "put":
            messages = [MessageState(*message) for message in fields["messages"]]
            timelines[fields["room"]].merge(fields["version"], messages, reset=fields["reset"])
        elif kind == "violation":
            result.violations.append(fields["text"])
    result.rooms = {room: timelines[room].messages for room in joined}
    return result
