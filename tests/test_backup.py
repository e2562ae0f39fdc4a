"""A backup is complete and private, or fails with an error and leaves no files."""

import sqlite3
import stat
import subprocess
import tarfile
from contextlib import closing
from pathlib import Path

import pytest

from tests.requirements_present import program
from tests.services import postgres_server
from tests.test_data_dir import command_error, manage

pytestmark = pytest.mark.slow


@pytest.fixture
def site(tmp_path) -> Path:
    folder = tmp_path / "site"
    assert manage("migrate", "-v", "0", data_dir=folder).returncode == 0
    assert manage("register_user", "ana", "--password-stdin", data_dir=folder).returncode == 0
    for name in ("media/attachments/ab/abcd", "uploads/unfinished", "push_key"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("a picture")
    return folder


@pytest.fixture
def target(tmp_path) -> Path:
    return tmp_path / "backups/monday"


def test_backup_without_a_site_creates_nothing(tmp_path, target):
    target.parent.mkdir()
    assert "There is no site" in command_error("backup", str(target), data_dir=tmp_path / "elsewhere")
    assert list(target.parent.iterdir()) == []


def test_an_existing_folder_is_not_touched(site, target):
    target.mkdir(parents=True)
    assert "already exists" in command_error("backup", str(target), data_dir=site)
    assert list(target.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_an_error(site):
    assert "could not be written" in command_error("backup", "/proc/monday", data_dir=site)


def test_a_damaged_database_is_an_error_that_leaves_nothing(site, target):
    target.parent.mkdir()
    size = (site / "chatsite.sqlite3").stat().st_size
    with (site / "chatsite.sqlite3").open("r+b") as file:
        file.seek(size // 2)
        file.write(b"\0" * (size // 4))
    assert "database" in command_error("backup", str(target), data_dir=site)
    assert list(target.parent.iterdir()) == []


def test_a_backup_is_complete_and_private(site, target):
    target.parent.mkdir()
    with closing(sqlite3.connect(site / "chatsite.sqlite3", isolation_level=None)) as server:
        server.execute("SELECT * FROM accounts_user").fetchall()  # a running server keeps the write-ahead log
        server.execute("UPDATE accounts_user SET display_name = 'Ana Lopez'")
        result = manage("backup", str(target), data_dir=site)
    assert result.returncode == 0, result.stderr
    assert f"Backed up the database {site}/chatsite.sqlite3" in result.stdout
    assert stat.S_IMODE(target.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in target.iterdir()} == {0o600}
    with closing(sqlite3.connect(target / "database.sqlite3")) as copy:
        assert copy.execute("SELECT display_name FROM accounts_user").fetchall() == [("Ana Lopez",)]
    with tarfile.open(target / "files.tar") as archive:
        assert archive.getnames() == ["secret_key", "push_key", "media/attachments/ab/abcd"]
    assert [path.name for path in target.parent.iterdir()] == ["monday"]


def test_postgresql_is_dumped(tmp_path, target):
    program("pg_dump")
    target.parent.mkdir()
    with postgres_server() as url:
        settings = {"DATABASE_URL": url, "data_dir": tmp_path / "site"}
        assert "There is no site" in command_error("backup", str(target), **settings)
        assert manage("migrate", "-v", "0", **settings).returncode == 0
        result = manage("backup", str(target), **settings)
    assert result.returncode == 0, result.stderr
    listing = subprocess.run(
        ["pg_restore", "--list", target / "database.pgdump"], capture_output=True, text=True, check=True
    )
    assert "accounts_user" in listing.stdout
    assert stat.S_IMODE((target / "database.pgdump").stat().st_mode) == 0o600
