"""Reads and changes a running server's database, SQLite or PostgreSQL."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg

from bench.servers import RunningServer


def query(server: RunningServer, statement: str, *parameters: str) -> int:
    """Run a query that selects one number, and return it. Its placeholders are question marks."""
    with _connection(server) as (connection, placeholder):
        return int(connection.execute(statement.replace("?", placeholder), parameters).fetchone()[0])


def execute(server: RunningServer, *statements: str) -> None:
    """Run statements in one transaction."""
    with _connection(server) as (connection, _):
        for statement in statements:
            connection.execute(statement)
        connection.commit()


@contextmanager
def _connection(server: RunningServer) -> Iterator[tuple[Any, str]]:
    """Yield a connection and its placeholder."""
    if isinstance(server.database, Path):
        with closing(sqlite3.connect(server.database, timeout=60)) as connection:
            yield connection, "?"
    else:
        with closing(psycopg.connect(str(server.database))) as connection:
            yield connection, "%s"
