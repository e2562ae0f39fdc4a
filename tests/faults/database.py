"""Reads the database directly, without the application's code."""

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg

from tests.faults.observations import StoredMessage, StoredRoom

ROOMS = "SELECT id, last_seq, version FROM rooms_room WHERE id IN ({rooms})"
MEMBERS = "SELECT room_id, user_id FROM rooms_membership WHERE room_id IN ({rooms})"
MESSAGES = """
SELECT room_id, id, seq, version, body, sender_id, {client_id} FROM messaging_message
WHERE room_id IN ({rooms}) ORDER BY room_id, seq, id"""
DELETED = """
SELECT room_id, count(*) FROM messaging_message
WHERE deleted_at IS NOT NULL AND room_id IN ({rooms}) GROUP BY room_id"""
EDITED = """
SELECT message.room_id, count(*) FROM messaging_revision revision
JOIN messaging_message message ON message.id = revision.message_id
WHERE message.room_id IN ({rooms}) GROUP BY message.room_id"""

CREATION_TIMES = "SELECT created_at FROM messaging_message WHERE room_id IN ({rooms}) ORDER BY id"
CONNECTIONS = """
SELECT user_id, count(*) FROM accounts_connection
WHERE user_id IN (SELECT user_id FROM rooms_membership WHERE room_id IN ({rooms})) GROUP BY user_id"""


class Database(ABC):
    client_id: str

    @abstractmethod
    def snapshot(self) -> Any:
        """Return a context manager for a connection whose queries see one snapshot."""

    def rooms(self, ids: Sequence[int]) -> list[StoredRoom]:
        """Return these rooms with their members and messages, read in one snapshot."""
        with self.snapshot() as connection:
            found = {row[0]: StoredRoom(*row, messages=[]) for row in self._rows(connection, ROOMS, ids)}
            for room, user in self._rows(connection, MEMBERS, ids):
                found[room].members.add(user)
            for room, *values in self._rows(connection, MESSAGES, ids):
                found[room].messages.append(StoredMessage(*values))
            for query in (EDITED, DELETED):  # writers never delete an edited message: that would delete its revisions
                for room, count in self._rows(connection, query, ids):
                    found[room].changes += count
        return list(found.values())

    def versions(self, ids: Sequence[int]) -> dict[int, int]:
        with self.snapshot() as connection:
            return {room: version for room, _, version in self._rows(connection, ROOMS, ids)}

    def client_ids(self, ids: Sequence[int]) -> set[str]:
        with self.snapshot() as connection:
            return {row[-1] for row in self._rows(connection, MESSAGES, ids)}

    def creation_times(self, ids: Sequence[int]) -> list[str]:
        """Return when the messages were created, in the order in which they were stored."""
        with self.snapshot() as connection:
            return [str(row[0]) for row in self._rows(connection, CREATION_TIMES, ids)]

    def connection_counts(self, ids: Sequence[int]) -> dict[int, int]:
        """Return the number of connections of each connected member of these rooms, by user id."""
        with self.snapshot() as connection:
            return dict(self._rows(connection, CONNECTIONS, ids))

    def _rows(self, connection: Any, query: str, ids: Sequence[int]) -> Iterator[tuple]:
        text = query.format(rooms=", ".join(map(str, ids)), client_id=self.client_id)
        yield from connection.execute(text).fetchall()


class SqliteDatabase(Database):
    client_id = "lower(substr(client_id,1,8)||'-'||substr(client_id,9,4)||'-'||substr(client_id,13,4)||'-'||substr(client_id,17,4)||'-'||substr(client_id,21))"

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.path, timeout=60, isolation_level=None)) as connection:
            connection.execute("BEGIN")
            yield connection

    @contextmanager
    def exclusive_lock(self) -> Iterator[None]:
        """Lock the database as another program would: nothing else can write until the block ends."""
        with closing(sqlite3.connect(self.path, timeout=60, isolation_level=None)) as connection:
            connection.execute("BEGIN EXCLUSIVE")
            yield
            connection.execute("ROLLBACK")


class PostgresDatabase(Database):
    client_id = "client_id::text"

    def __init__(self, url: str) -> None:
        self.url = url

    @contextmanager
    def snapshot(self) -> Iterator[psycopg.Connection]:
        with psycopg.connect(self.url) as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            yield connection
