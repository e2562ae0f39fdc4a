"""Open sockets as their process tracks them, and their rows, which are written without the ORM (see `accounts.sql`)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.utils import timezone

from accounts.models import Connection
from accounts.presence.user_agents import kind_of
from accounts.sql import execute_many, placeholders, table, time_value, uuid_value

MAX_USER_AGENT = 300
COLUMNS = (
    *("id", "process_id", "user_id", "address", "port", "user_agent", "kind"),
    *("room_id", "messages", "is_dismissed", "opened_at", "last_active_at", "idle_since"),
)


@dataclass(slots=True, eq=False)
class OpenConnection:
    """An open socket, with fields of `Connection`. An instance of the model takes three times the memory."""

    user_id: int
    address: str = ""
    port: int | None = None
    user_agent: str = ""
    kind: str = Connection.Kind.PAGE.value
    pk: UUID = field(default_factory=uuid4)
    room_id: int | None = None
    messages: int = 0
    opened_at: datetime = field(default_factory=timezone.now)
    idle_since: datetime | None = None
    is_bot: bool = False

    @classmethod
    def from_scope(cls, scope: dict[str, Any], user_id: int, *, is_bot: bool = False) -> "OpenConnection":
        """Return the socket of an ASGI connection."""
        address, port = (scope.get("client") or ("", None))[:2]
        agent = next((value for name, value in scope["headers"] if name == b"user-agent"), b"").decode("latin-1")
        kind = Connection.Kind.BOT.value if is_bot else kind_of(agent)
        return cls(user_id, address or "", port or None, agent[:MAX_USER_AGENT], kind, is_bot=is_bot)


def insert_connections(process_id: UUID, connections: Iterable[OpenConnection]) -> None:
    """Insert the rows that don't exist yet."""
    rows = [
        (
            *(uuid_value(each.pk), uuid_value(process_id), each.user_id),
            *(each.address, each.port, each.user_agent, each.kind, each.room_id, each.messages, False),
            *(time_value(each.opened_at), time_value(each.opened_at), time_value(each.idle_since)),
        )
        for each in connections
    ]
    execute_many(
        f"INSERT INTO {table(Connection)} ({', '.join(COLUMNS)}) VALUES ({placeholders(len(COLUMNS))}) "  # noqa: S608
        "ON CONFLICT DO NOTHING",
        rows,
    )


def update_connections(connections: Iterable[OpenConnection]) -> None:
    """Update the columns that change while a socket is open, except for `last_active_at`."""
    execute_many(
        f"UPDATE {table(Connection)} SET idle_since = %s, room_id = %s, messages = %s WHERE id = %s",  # noqa: S608
        [(time_value(each.idle_since), each.room_id, each.messages, uuid_value(each.pk)) for each in connections],
    )
