"""The database: DATABASE_URL, or SQLite in DATA_DIR."""

from pathlib import Path
from typing import Any
from urllib.parse import unquote

import environ

from chatsite.conf.env import integer, invalid, text
from chatsite.conf.sqlite import PrivateConnection
from chatsite.conf.urls import ENCODED, invalid_url, split_url

POSTGRES = ("postgres", "postgresql", "pgsql", "psql")
FORM = "It looks like postgres://user:password@localhost:5432/chatsite, or is empty for SQLite."


def database(data_dir: Path) -> dict[str, Any]:
    """Return the entry for DATABASES, given DATABASE_URL or a file in DATA_DIR."""
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
        # IMMEDIATE: a deferred transaction that reads and then writes fails immediately if another has written in
        # between. FULL: an acknowledged post survives a power failure; NORMAL may lose the last commits.
        "OPTIONS": {
            "timeout": 10,
            "factory": PrivateConnection,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-16000;",
        },
        "TEST": {"NAME": data_dir / "test.sqlite3"},
    }


def _sqlite_path(url: str) -> Path:
    parts = split_url("DATABASE_URL", url, FORM)
    path = Path(unquote(parts.path[1:]))
    if parts.netloc or not path.is_absolute():
        raise invalid("DATABASE_URL", "is not the full path of a file. Write four slashes: sqlite:////folder/name.")
    if path.is_dir() or not path.parent.is_dir():
        raise invalid("DATABASE_URL", "names a file in a folder that does not exist, or a folder. Create the folder.")
    return path


def _postgres(url: str) -> dict[str, Any]:
    parts = split_url("DATABASE_URL", url, f"{FORM} {ENCODED}")
    if parts.scheme not in POSTGRES:
        raise invalid_url("DATABASE_URL", "is neither PostgreSQL nor SQLite", FORM)
    found = environ.Env.db_url_config(url)
    if not found["NAME"] or any(" " in str(found[key]) for key in ("NAME", "USER", "HOST")):
        raise invalid_url("DATABASE_URL", "has no database name or contains a space", FORM)
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
