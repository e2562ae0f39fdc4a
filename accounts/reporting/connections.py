"""Filters, sorts and counts the open connections for the report, its downloads and the command line."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Any, Self, cast
from uuid import UUID

from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import usernames
from accounts.models import Connection, ConnectionQuerySet, ServerProcess
from accounts.presence.activity import people_online
from accounts.presence.user_agents import describe
from accounts.reporting.columns import person_column
from accounts.signals import room_names_requested
from accounts.timestamps import rfc3339

IDLE_AFTER = timedelta(minutes=5)
QUERY_LENGTH = 80
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
class ConnectionFilter:
    """A search, filters and a sort order. Empty or unknown values are ignored."""

    q: str = ""
    kind: str = ""
    state: str = ""
    process: str = ""
    room: str = ""
    sort: str = "-active"

    @classmethod
    def from_query(cls, data: Mapping[str, str]) -> Self:
        given = {field.name: data.get(field.name, "").strip()[:QUERY_LENGTH] for field in fields(cls)}
        return cls(**{name: value for name, value in given.items() if value})

    @property
    def is_set(self) -> bool:
        return bool(self.q or self.kind or self.state or self.process or self.room)

    @property
    def order(self) -> list[str]:
        column = ORDERS.get(self.sort.removeprefix("-"))
        return [f"-{column}" if self.sort.startswith("-") else column, "pk"] if column else ["-last_active_at", "pk"]

    def condition(self, room_names: Mapping[int, str], *, finds_emails: bool = True) -> Q:
        condition = _search(self.q, finds_emails=finds_emails) if self.q else Q()
        if self.kind in Connection.Kind.values:
            condition &= Q(kind=self.kind)
        if self.state in ("active", "idle"):
            recent = Q(last_active_at__gt=timezone.now() - IDLE_AFTER)
            condition &= recent if self.state == "active" else ~recent
        if (process_id := _uuid(self.process)) is not None:
            condition &= Q(process_id=process_id)
        if self.room.isdecimal() and int(self.room) in room_names:  # never a direct message
            condition &= Q(room_id=int(self.room))
        return condition


@dataclass(frozen=True, slots=True)
class ConnectionReport:
    """The matching connections in order and their `count`. `people` and `connections` count all users online."""

    matching: ConnectionQuerySet
    rooms: dict[int, str]
    people: int
    connections: int
    count: int

    def rows(self) -> Iterator[dict[str, Any]]:
        """Iterate over all matching connections as dictionaries keyed by COLUMNS."""
        return (row_of(connection, self.rooms) for connection in self.matching.iterator(chunk_size=1000))

    def as_data(self) -> dict[str, Any]:
        sums = {"people": self.people, "connections": self.connections, "found": self.count}
        return {"at": rfc3339(timezone.now(), "seconds"), **sums, "rows": list(self.rows())}


def load_report(filters: ConnectionFilter, *, finds_emails: bool = True) -> ConnectionReport:
    """Load the report. `finds_emails`: whether the search covers email addresses, which the report doesn't show."""
    live = Connection.objects.live()
    rooms = room_names(live)
    condition = filters.condition(rooms, finds_emails=finds_emails)
    sums = live.aggregate(people=people_online(), connections=Count("pk"), count=Count("pk", filter=condition))
    matching = live.filter(condition).select_related("user", "process").order_by(*filters.order)
    return ConnectionReport(matching, rooms, **sums)


def room_names(connections: ConnectionQuerySet) -> dict[int, str]:
    """Return the names of the rooms in view that admins may see."""
    responses = room_names_requested.send(Connection, user=None, room_ids=connections.values("room_id"))
    return {room_id: name for receiver, names in responses for room_id, name in cast(dict[int, str], names).items()}


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
    return rooms.get(connection.room_id, _("(not shown)")) if connection.room_id else ""


def annotated(connections: Iterable[Connection], rooms: Mapping[int, str]) -> list[Connection]:
    """Return the connections with the additional attributes that the report's template shows."""
    annotated = list(connections)
    idle_at = timezone.now() - IDLE_AFTER
    for connection in annotated:
        connection.browser = describe(connection.user_agent)  # type: ignore[attr-defined]
        connection.person = person_column(connection.user)  # type: ignore[attr-defined]
        connection.room_name = room_of(connection, rooms)  # type: ignore[attr-defined]
        connection.is_idle = connection.last_active_at <= idle_at  # type: ignore[attr-defined]
    return annotated


def _search(query: str, *, finds_emails: bool) -> Q:
    """Return a condition that matches a name, email, address, browser or server."""
    person = Q(user__username_key__contains=usernames.key(query)) | Q(user__display_name__icontains=query)
    client = Q(address__startswith=query) | Q(user_agent__icontains=query) | Q(process__host__icontains=query)
    return person | client | (Q(user__email__icontains=query) if finds_emails else Q())


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
