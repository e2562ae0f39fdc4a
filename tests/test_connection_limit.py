"""The server warns at startup if PostgreSQL allows too few connections for the workers."""

import os
import subprocess
import sys
from collections.abc import Iterator

import psycopg
import pytest

from tests.services import postgres_server

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


def test_no_warning_for_enough_connections(url, tmp_path):
    assert warnings(url, tmp_path, 3) == []


def test_too_few_connections_are_logged_in_one_line(url, tmp_path):
    (line,) = warnings(url, tmp_path, 4)
    assert "allows 97 connections, but WORKERS=4 may open 120" in line


def test_connection_limit_of_the_database_is_respected(url, tmp_path):
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute("ALTER DATABASE postgres CONNECTION LIMIT 14")
        (line,) = warnings(url, tmp_path, 1)
        admin.execute("ALTER DATABASE postgres CONNECTION LIMIT -1")
    assert "allows 14 connections, but WORKERS=1 may open 24" in line
