"""The connections of this moment, chosen, sorted and counted: for the report, its downloads and the terminal."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Any, Self, cast
from uuid import UUID

from django.db.models import Count, Q
from django.utils import timezone

from accounts import usernames
from accounts.models import Connection, ConnectionQuerySet, ServerProcess
from accounts.presence.user_agents import describe
from accounts.signals import room_names_requested
from accounts.timestamps import rfc3339

IDLE_AFTER = timedelta(minutes=5)
QUERY_LENGTH = 80
NOT_NAMED = "(not shown)"
COLUMNS = (
    "user", "name", "address", "port", "browser", "kind", "room", "since", "last_active", "messages", "server"
)  # fmt: skip

ORDERS = {
    "user": "user__username_key",
    "address": "address",
    "port": "port",
    "browser": "user_agent",
    "kind": "kind",
    "room": "room_id",
    "since": "opened_at",
    "active": "last_active_at",
    "messages": "messages",
    "server": "process__host",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which connections, and in which order. Empty is all; a value that means nothing counts as empty."""

    q: str = ""
    kind: str = ""
    state: str = ""
    process: str = ""
    room: str = ""
    sort: str = "-active"

    @classmethod
    def asked(cls, data: Mapping[str, str]) -> Self:
        given = {field.name: data.get(field.name, "").strip()[:QUERY_LENGTH] for field in fields(cls)}
        return cls(**{name: value for name, value in given.items() if value})

    @property
    def is_narrow(self) -> bool:
        return bool(self.q or self.kind or self.state or self.process or self.room)

    @property
    def order(self) -> list[str]:
        column = ORDERS.get(self.sort.removeprefix("-"))
        return [f"-{column}" if self.sort.startswith("-") else column, "pk"] if column else ["-last_active_at", "pk"]

    def matches(self, room_names: Mapping[int, str]) -> Q:
        found = _search(self.q) if self.q else Q()
        if self.kind in Connection.Kind.values:
            found &= Q(kind=self.kind)
        if self.state in ("active", "idle"):
            recent = Q(last_active_at__gt=timezone.now() - IDLE_AFTER)
            found &= recent if self.state == "active" else ~recent
        if (process_id := _uuid(self.process)) is not None:
            found &= Q(process_id=process_id)
        if self.room.isdecimal() and int(self.room) in room_names:  # a direct conversation cannot be asked for
            found &= Q(room_id=int(self.room))
        return found


@dataclass(frozen=True, slots=True)
class Roster:
    """`found` are those that match, in order; the sums are over all who are here, and `count` over what matches."""

    found: ConnectionQuerySet
    rooms: dict[int, str]
    people: int
    connections: int
    count: int

    def rows(self) -> Iterator[dict[str, Any]]:
        """Every connection found, in words and numbers that any program reads."""
        return (row_of(connection, self.rooms) for connection in self.found.iterator(chunk_size=1000))

    def as_data(self) -> dict[str, Any]:
        sums = {"people": self.people, "connections": self.connections, "found": self.count}
        return {"at": rfc3339(timezone.now(), "seconds"), **sums, "rows": list(self.rows())}


def look(wanted: Wanted) -> Roster:
    live = Connection.objects.live()
    rooms = room_names(live)
    matching = wanted.matches(rooms)
    sums = live.aggregate(
        people=Count("user", distinct=True), connections=Count("pk"), count=Count("pk", filter=matching)
    )
    return Roster(live.filter(matching).select_related("user", "process").order_by(*wanted.order), rooms, **sums)


def room_names(connections: ConnectionQuerySet) -> dict[int, str]:
    """What the rooms that are open there are called, those that may be named."""
    answers = room_names_requested.send(Connection, user=None, room_ids=connections.values("room_id"))
    return {room_id: name for _, named in answers for room_id, name in cast(dict[int, str], named).items()}


def processes() -> list[ServerProcess]:
    return list(ServerProcess.objects.alive().order_by("host", "pid"))


def row_of(connection: Connection, rooms: Mapping[int, str]) -> dict[str, Any]:
    return {
        "user": connection.user.username,
        "name": connection.user.name,
        "address": connection.address,
        "port": connection.port,
        "browser": describe(connection.user_agent),
        "kind": connection.kind,
        "room": room_of(connection, rooms),
        "since": rfc3339(connection.opened_at, "seconds"),
        "last_active": rfc3339(connection.last_active_at, "seconds"),
        "messages": connection.messages,
        "server": str(connection.process),
    }


def room_of(connection: Connection, rooms: Mapping[int, str]) -> str:
    return rooms.get(connection.room_id, NOT_NAMED) if connection.room_id else ""


def decorated(connections: Iterable[Connection], rooms: Mapping[int, str]) -> list[Connection]:
    """With what a template shows of each."""
    shown = list(connections)
    now = timezone.now()
    for connection in shown:
        connection.browser = describe(connection.user_agent)  # type: ignore[attr-defined]
        connection.room_name = room_of(connection, rooms)  # type: ignore[attr-defined]
        connection.is_idle = connection.last_active_at <= now - IDLE_AFTER  # type: ignore[attr-defined]
    return shown


def _search(query: str) -> Q:
    """By name, e-mail, address, browser or server."""
    person = Q(user__username_key__contains=usernames.key(query)) | Q(user__display_name__icontains=query)
    where = Q(address__startswith=query) | Q(user_agent__icontains=query) | Q(process__host__icontains=query)
    return person | Q(user__email__icontains=query) | where


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
