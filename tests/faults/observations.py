"""What is there to be judged: what the database holds, what writers tried, what readers show.

Writers and readers keep logs, each line on the disk before they go on; the oracle reads the logs.
"""

import json
import os
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Shown:
    """A message as a reader shows it; the body of a deleted one is empty."""

    id: int
    seq: int
    version: int
    body: str


@dataclass(frozen=True, slots=True)
class Row(Shown):
    """A message as the database has it."""

    sender: int
    client_id: str


@dataclass(slots=True)
class StoredRoom:
    """`changes`: how many edits and deletions the database knows of."""

    id: int
    last_seq: int
    version: int
    messages: list[Row]
    changes: int = 0
    members: set[int] = field(default_factory=set)


@dataclass(slots=True)
class Attempt:
    """A post as its writer knows it. `change`: the text it was edited to, "" for deleted, None for neither."""

    client_id: str
    sender: int
    room: int
    body: str
    acked: Shown | None = None
    refused: str = ""
    change: str | None = None
    change_acked: bool = False


class Shelf:
    """One room as a page has it, built from events: each message in the newest state that came."""

    def __init__(self) -> None:
        self.version = 0
        self._messages: dict[int, Shown] = {}

    def put(self, version: int, messages: list[Shown], *, reset: bool = False) -> None:
        if reset:
            self._messages.clear()
        for message in messages:
            known = self._messages.get(message.id)
            if known is None or message.version > known.version:
                self._messages[message.id] = message
        self.version = version

    @property
    def messages(self) -> list[Shown]:
        return sorted(self._messages.values(), key=lambda message: message.seq)


@dataclass(slots=True)
class ReaderList:
    """What a reader shows at the end, room by room, what it has to complain of, and whom its person does not see."""

    name: str
    user: int
    rooms: dict[int, list[Shown]]
    complaints: list[str] = field(default_factory=list)
    hidden: frozenset[int] = frozenset()


class Log:
    """Lines of JSON; `write` returns when the line is on the disk."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = open(path, "a", encoding="utf-8")  # noqa: SIM115 (stays open as long as its writer)

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
    """The attempts of one writer, in their order."""
    attempts: dict[str, Attempt] = {}
    for kind, fields in read_log(path):
        attempt = attempts.get(fields["client_id"])
        if kind == "tried":
            attempts.setdefault(fields["client_id"], Attempt(**fields))
        elif attempt is None:
            raise ValueError(f"{path}: {kind} before it was tried")
        elif kind == "acked":
            attempt.acked = Shown(fields["id"], fields["seq"], fields["version"], attempt.body)
        elif kind == "refused":
            attempt.refused = fields["code"]
        elif kind == "changing":
            attempt.change = fields["body"]
        elif kind == "changed":
            attempt.change_acked = True
    return list(attempts.values())


def read_reader(path: Path) -> ReaderList:
    """A reader's list, built anew from all that it put on its shelves."""
    shelves: dict[int, Shelf] = defaultdict(Shelf)
    result = ReaderList(path.stem, 0, {})
    belongs: set[int] = set()
    for kind, fields in read_log(path):
        if kind == "is":
            result.user = fields["user"]
        elif kind == "rooms":
            belongs = set(fields["rooms"])
        elif kind == "put":
            messages = [Shown(*message) for message in fields["messages"]]
            shelves[fields["room"]].put(fields["version"], messages, reset=fields["reset"])
        elif kind == "complaint":
            result.complaints.append(fields["text"])
    result.rooms = {room: shelves[room].messages for room in belongs}
    return result
