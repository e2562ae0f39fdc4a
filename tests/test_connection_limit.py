"""The server warns at startup if PostgreSQL allows too few connections for the workers."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator

import psycopg
import pytest

from chatsite.server.connection_limit import PER_PROCESS
from tests.checkout import ROOT
from tests.services import postgres_server

pytestmark = pytest.mark.slow

# The threads of a server process by their names, with the number of those that use the database.
CONNECTIONS = {
    "page": 3,
    "hashing": 1,
    "avatar": 1,
    "long": 2,
    "readiness": 1,
    "live-reads": 4,
    "live-writes": 2,
    "writer": 1,
    "mail": 1,
    "push": 1,
    "storing": 2,
    "sweeper": 1,
    **dict.fromkeys(("read-markers", "reactions", "drafts", "shown", "admissions", "welcomes"), 1),
    "api": 2,
    "api-identities": 1,
    "api-token-uses": 1,
    **dict.fromkeys(("files", "uploads", "previews", "renderer", "push-test", "outbound", "api-photos"), 0),
    **dict.fromkeys(("hooks", "command-answers", "command-responses"), 0),
}
STARTUP = 1
PACKAGES = ("accounts", "api", "chatsite", "integrations", "live", "messaging", "outbound", "rooms")
POOLS = {"ThreadPoolExecutor", "FairThreads", "Batcher", "Thread"}

PROGRAM = "import django; django.setup(); from chatsite.server import connection_limit as c; c.warn_if_too_low()"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with postgres_server() as url:  # allows 100 connections, of which 3 are reserved for superusers
        yield url


def warnings(url: str, data_dir: object, workers: int) -> list[str]:
    values = {"DATABASE_URL": url, "DATA_DIR": str(data_dir), "WORKERS": str(workers)}
    environment = {**os.environ, **values, "DJANGO_SETTINGS_MODULE": "chatsite.settings"}
    command = [sys.executable, "-c", PROGRAM]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stderr.splitlines()


def names_of_threads() -> set[str]:
    """Return the names that the code gives to its threads."""
    found: set[str] = set()
    for path in (path for package in PACKAGES for path in (ROOT / package).rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text())):
            if not isinstance(call, ast.Call) or ast.unparse(call.func).rpartition(".")[2] not in POOLS:
                continue
            named = {keyword.arg: keyword.value for keyword in call.keywords}
            name = named.get("thread_name_prefix") or named.get("name")
            if isinstance(name, ast.Constant):
                found.add(name.value)
    return found


def test_the_connections_of_all_threads_are_counted():
    assert names_of_threads() - CONNECTIONS.keys() == set()
    assert sum(CONNECTIONS.values()) + STARTUP == PER_PROCESS


def test_no_warning_for_enough_connections(url, tmp_path):
    assert warnings(url, tmp_path, 2) == []


def test_too_few_connections_are_logged_in_one_line(url, tmp_path):
    (line,) = warnings(url, tmp_path, 3)
    assert "allows 97 connections, but WORKERS=3 may open 124" in line


def test_connection_limit_of_the_database_is_respected(url, tmp_path):
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute("ALTER DATABASE postgres CONNECTION LIMIT 14")
        (line,) = warnings(url, tmp_path, 1)
        admin.execute("ALTER DATABASE postgres CONNECTION LIMIT -1")
    assert "allows 14 connections, but WORKERS=1 may open 31" in line
