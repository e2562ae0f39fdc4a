"""The server and every command work on the same site, as the same user, or fail with a one-line error."""

import os
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from chatsite.conf import env
from chatsite.server.main import warn_of_hidden_settings
from tests.checkout import PACKAGES, ROOT
from tests.server import collected
from tests.services import answers, free_port, running
from tests.test_bin import SERVER, startup_error

pytestmark = pytest.mark.slow

NOBODY = 65534


# Python, the packages and the checkout may be in folders that other users can't read. This keeps the capability to read
# them when root switches to another user, and no other capability.
READS_EVERYTHING = (
    "setpriv",
    "--bounding-set=-all,+setuid,+setgid,+dac_read_search",
    "--securebits=+no_setuid_fixup",
)
requires_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as another user")


def manage(
    *words: str, data_dir: Path, prefix: Sequence[str] = (), root: Path = ROOT, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run manage.py in the folder `root`. `prefix`: a command that runs it."""
    values = {**os.environ, "DATA_DIR": str(data_dir), **environment}
    command = [*prefix, sys.executable, "manage.py", *words]
    return subprocess.run(command, cwd=root, env=values, input="nine red kites\n", capture_output=True, text=True)


def command_error(*words: str, data_dir: Path, **environment: str) -> str:
    result = manage(*words, data_dir=data_dir, **environment)
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    return line


@pytest.fixture
def site(tmp_path) -> Path:
    """The data folder of a site."""
    folder = tmp_path / "site"
    assert manage("migrate", "-v", "0", data_dir=folder).returncode == 0
    return folder


@pytest.mark.parametrize("words", [["register_user", "ana", "--password-stdin"], ["prune"], ["check_media"], ["shell"]])
def test_commands_fail_without_a_site(tmp_path, words):
    error = command_error(*words, data_dir=tmp_path)
    assert f"There is no site in the database {tmp_path}/chatsite.sqlite3" in error
    assert "DATA_DIR" in error
    assert not (tmp_path / "chatsite.sqlite3").exists()


def test_empty_database_file_is_not_a_site(tmp_path):
    (tmp_path / "chatsite.sqlite3").touch()
    assert "There is no site" in command_error("prune", data_dir=tmp_path)


def test_help_needs_no_site(tmp_path):
    assert manage("register_user", "--help", data_dir=tmp_path).returncode == 0
    assert not (tmp_path / "chatsite.sqlite3").exists()


def test_server_and_commands_find_the_site_by_the_settings_file(site, tmp_path):
    (site / "static").symlink_to(collected())
    file, port = tmp_path / "env", free_port()
    file.write_text(f"DATA_DIR={site}\nPORT={port}\n")
    environment = {name: value for name, value in os.environ.items() if name != "DATA_DIR"} | {"ENV_FILE": str(file)}
    with running(SERVER, lambda: answers(port), env=environment, cwd=ROOT):
        command = [sys.executable, "manage.py", "register_user", "ana", "--password-stdin"]
        subprocess.run(command, cwd=ROOT, env=environment, input="nine red kites\n", text=True, check=True)
    assert "ana" in manage("shell", "-v", "0", "-c", LIST_PEOPLE, data_dir=site).stdout


LIST_PEOPLE = "from accounts.models import User; print(*User.objects.values_list('username', flat=True))"


@pytest.mark.parametrize(
    ("environment", "names", "expected"),
    [
        ({"DATA_DIR": "/srv/chat", "SECRET_KEY": "x", "INVOCATION_ID": "1"}, set(), "DATA_DIR, SECRET_KEY: "),
        ({"DATA_DIR": "/srv/chat", "INVOCATION_ID": "1"}, {"DATA_DIR"}, ""),
        ({"DATA_DIR": "/srv/chat"}, set(), ""),
    ],
)
def test_site_settings_only_in_the_systemd_unit_are_logged(monkeypatch, caplog, environment, names, expected):
    monkeypatch.setattr(env, "names_in_file", names)
    warn_of_hidden_settings(environment)
    assert len(caplog.messages) == bool(expected)
    assert caplog.text == "" or expected in caplog.text


def test_the_database_is_private(site):
    assert stat.S_IMODE((site / "chatsite.sqlite3").stat().st_mode) == 0o600
    assert stat.S_IMODE(site.stat().st_mode) == 0o711  # nginx can open the static files in it


@requires_root
class TestOtherOwner:
    @pytest.fixture
    def owned(self, site) -> Path:
        """A site that belongs to another user, in a folder that this user can access."""
        for path in (site, *site.rglob("*")):
            os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
        for folder in (site.parent, *site.parent.parents[:2]):
            folder.chmod(0o755)
        return site

    def test_key_created_by_root_belongs_to_the_owner_of_the_folder(self, owned):
        (owned / "secret_key").unlink()
        assert manage("check", data_dir=owned).returncode == 0
        assert (owned / "secret_key").stat().st_uid == NOBODY

    def test_owner_who_cannot_read_the_code_is_a_one_line_error(self, owned, tmp_path):
        private = tmp_path / "private"
        private.mkdir(mode=0o700)
        for name in (*PACKAGES, "locale", "static", "templates"):
            if (ROOT / name).exists():
                shutil.copytree(ROOT / name, private / name)
        shutil.copy(ROOT / "manage.py", private)
        result = manage("prune", data_dir=owned, root=private)
        assert result.returncode == 1
        assert f"cannot read {private}/manage.py" in result.stderr
        assert len(result.stderr.splitlines()) == 1

    def test_command_run_by_root_continues_as_the_owner_of_the_site(self, owned):
        log = owned / "audit.log"
        words = ("register_user", "ana", "--password-stdin")
        result = manage(*words, data_dir=owned, prefix=READS_EVERYTHING, CHAT_LOG_FILE=str(log))
        assert result.returncode == 0, result.stderr
        assert {path.stat().st_uid for path in owned.iterdir()} == {NOBODY}
        assert log.exists()

    @pytest.mark.parametrize("name", ["chatsite.sqlite3", "secret_key", "media"])
    def test_files_restored_by_root_are_a_one_line_error(self, owned, name):
        path = owned / name
        if name == "media":
            path.mkdir(mode=0o700)
        os.chown(path, 0, 0)
        assert str(path) in startup_error(*READS_EVERYTHING, DATA_DIR=owned, PORT=free_port())


@pytest.fixture
def collect(tmp_path) -> Callable[[], None]:
    """Return a function that collects one module, with a strict umask. The module is in `source`."""
    source = tmp_path / "source/js"
    source.mkdir(parents=True)
    (source / "app.js").write_text("export default 1;\n" * 100)
    program = (
        "import sys, django; django.setup(); from django.conf import settings as s; s.STATICFILES_DIRS = [sys.argv[1]]; "
        "s.STATICFILES_FINDERS = ['django.contrib.staticfiles.finders.FileSystemFinder']; "
        "from chatsite.server.bootstrap import collect_static; collect_static()"
    )
    values = {**os.environ, "DATA_DIR": str(tmp_path / "data"), "DJANGO_SETTINGS_MODULE": "chatsite.settings"}
    command = [sys.executable, "-c", program, str(source.parent)]
    return lambda: subprocess.run(command, cwd=ROOT, env=values, check=True, umask=0o077)


def test_static_files_are_public_whatever_the_umask(tmp_path, collect):
    collect()
    found = [path for path in (tmp_path / "data/static").rglob("*") if path.name != ".collected"]
    assert {path.suffix for path in found} >= {".js", ".gz"}
    for path in (*found, tmp_path / "data/static"):
        assert path.stat().st_mode & 0o777 == (0o755 if path.is_dir() else 0o644), path


def test_static_files_are_replaced_while_they_are_served(tmp_path, collect):
    collect()
    root = tmp_path / "data/static"
    files = [path for path in root.rglob("*") if path.is_file() and path.name != ".collected"]
    served = [(path, path.read_bytes(), path.open("rb")) for path in files]
    abandoned = root / ".collecting-killed"
    abandoned.mkdir()
    os.utime(tmp_path / "source/js/app.js", (1, 1))
    collect()
    for path, content, file in served:
        assert file.read() == content, path
        file.close()
    assert not abandoned.exists()


def test_unreadable_file_is_a_one_line_error(site):
    """The check is called directly, in a process of another user."""
    program = (
        "import os, sys, pathlib; from chatsite.server import data_dir; folder = pathlib.Path(sys.argv[1])\n"
        "try: data_dir.check_access(folder)\nexcept data_dir.NotReady as error: print(error)"
    )
    (site / "uploads").mkdir(mode=0o500)
    command = [sys.executable, "-c", program, str(site)]
    if os.geteuid() == 0:
        command = ["setpriv", "--inh-caps=-all", "--bounding-set=-all", "--securebits=+noroot,+noroot_locked", *command]
    values = {**os.environ, "DATA_DIR": str(site), "DJANGO_SETTINGS_MODULE": "chatsite.settings"}
    result = subprocess.run(command, cwd=ROOT, env=values, capture_output=True, text=True, check=True)
    assert f"{site}/uploads belongs to" in result.stdout
    assert "chown -R" in result.stdout


def test_locked_database_is_a_one_line_error(site):
    import sqlite3

    with sqlite3.connect(site / "chatsite.sqlite3", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        error = command_error("register_user", "ana", "--password-stdin", data_dir=site)
    assert "database is locked" in error


@pytest.mark.parametrize("words", [["help"], ["list_chatrooms"], ["active_users"]])
def test_a_reader_that_ends_early_causes_no_traceback(site, words):
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "manage.py", *words]
    values = {**os.environ, "DATA_DIR": str(site)}
    result = subprocess.run(command, cwd=ROOT, env=values, stdout=writer, stderr=subprocess.PIPE)
    os.close(writer)
    assert result.stderr.decode() == ""
    assert result.returncode == 128 + signal.SIGPIPE
