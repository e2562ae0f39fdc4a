"""The database: DATABASE_URL, or SQLite in DATA_DIR."""

from pathlib import Path
from typing import Any
from urllib.parse import unquote

import environ

from chatsite.conf.env import integer, invalid, text
from chatsite.conf.sqlite import PrivateConnection
from chatsite.conf.urls import ENCODING_ADVICE, invalid_url, split_url

POSTGRES = ("postgres", "postgresql", "pgsql", "psql")
ADVICE = "Use a URL such as postgres://user:password@localhost:5432/chatsite, or an empty value for SQLite."


def database(data_dir: Path) -> dict[str, Any]:
    """Return the entry for DATABASES: the database of DATABASE_URL or, by default, a file in DATA_DIR."""
    url = text("DATABASE_URL")
    if not url:
        found = _sqlite(data_dir / "chatsite.sqlite3", data_dir)
    elif url.startswith("sqlite:"):
        found = _sqlite(_sqlite_path(url), data_dir)
    else:
        found = _postgres(url)
    return {**found, "CONN_MAX_AGE": integer("CONN_MAX_AGE", 600, least=0), "CONN_HEALTH_CHECKS": True}


def _sqlite(path: Path, data_dir: Path) -> dict[str, Any]:
    return {
        **environ.Env.db_url_config("sqlite:///"),
        "NAME": str(path),
        # IMMEDIATE: a deferred transaction fails if another one writes between its first read and its first write.
        # FULL: an acknowledged post survives a power failure; NORMAL may lose the last commits.
        "OPTIONS": {
            "timeout": 10,
            "factory": PrivateConnection,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-16000;",
        },
        "TEST": {"NAME": data_dir / "test.sqlite3"},
    }


def _sqlite_path(url: str) -> Path:
    parts = split_url("DATABASE_URL", url, ADVICE)
    path = Path(unquote(parts.path[1:]))
    if parts.netloc or not path.is_absolute():
        raise invalid("DATABASE_URL", "is not the absolute path of a file. Use four slashes: sqlite:////folder/name.")
    if path.is_dir() or not path.parent.is_dir():
        raise invalid("DATABASE_URL", "is a folder, or a file in a folder that does not exist. Create that folder.")
    return path


def _postgres(url: str) -> dict[str, Any]:
    parts = split_url("DATABASE_URL", url, f"{ADVICE} {ENCODING_ADVICE}")
    if parts.scheme not in POSTGRES:
        raise invalid_url("DATABASE_URL", "is neither a PostgreSQL nor an SQLite URL", ADVICE)
    found = environ.Env.db_url_config(url)
    if not found["NAME"] or any(" " in str(found[key]) for key in ("NAME", "USER", "HOST")):
        raise invalid_url("DATABASE_URL", "has no database name or contains a space", ADVICE)
    # Without a timeout, an unreachable host blocks a thread for minutes.
    found["OPTIONS"] = {"connect_timeout": 10, **found.get("OPTIONS", {})}
    _check_connection_options(found["OPTIONS"])
    return found


def _check_connection_options(options: dict[str, Any]) -> None:
    from psycopg import ProgrammingError
    from psycopg.conninfo import make_conninfo

    try:
        make_conninfo(**options)
    except ProgrammingError as error:
        raise invalid_url(
            "DATABASE_URL", f"has an {str(error).strip()}", "Remove it from the end of the URL."
        ) from None
