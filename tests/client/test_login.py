"""Logging in and out with a password, in a real terminal and against a real server."""

import asyncio
import json
import subprocess
import sys

import pytest
from allauth.account.models import EmailAddress
from django.db import connection

from accounts.lifecycle.suspension import suspend
from chatsite_client import LoginRefused, log_in
from tests.client.terminal import Terminal, environment_of
from tests.server import Site, run_site
from tests.waiting import PATIENCE

pytestmark = pytest.mark.slow

PASSWORD = "a long pass phrase"
IN_FILE = {}
IN_KEYRING = {"PYTHON_KEYRING_BACKEND": "tests.client.file_keyring.FileKeyring"}


@pytest.fixture(autouse=True)
def password_of_ana(settings, ana) -> None:
    """Set a password as the server stores it."""
    settings.PASSWORD_HASHERS = ["accounts.auth.hashers.Argon2PasswordHasher"]
    ana.user.set_password(PASSWORD)
    ana.user.save()


@pytest.fixture
def fresh_site(no_site, ana, tmp_path):
    """A server on which nobody has failed to log in yet."""
    with run_site("uvicorn", connection.settings_dict["NAME"], tmp_path / "site") as site:
        yield site


@pytest.fixture
def open_terminal(tmp_path):
    """Return a function that starts the command in a terminal."""
    terminals = []

    def open_terminal(site: Site, **variables: str) -> Terminal:
        terminals.append(Terminal([site.url], environment_of(tmp_path, **variables)))
        return terminals[-1]

    yield open_terminal
    for terminal in terminals:
        terminal.close()


def enter(terminal: Terminal, password: str = PASSWORD, *, attempt: int = 1) -> None:
    terminal.wait_for("Username or email:", attempt)
    terminal.type("ana\r")
    terminal.wait_for("Password:", attempt)
    terminal.type(f"{password}\r")


def run(home, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the command without a terminal."""
    command = [sys.executable, "-m", "chatsite_terminal", *arguments]
    environment = environment_of(home, **variables)
    return subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE
    )


@pytest.mark.parametrize("variables", [IN_FILE, IN_KEYRING], ids=["file", "keyring"])
def test_a_login_is_kept_until_it_is_ended(open_terminal, uvicorn, ana, tmp_path, variables):
    terminal = open_terminal(uvicorn, **variables)
    enter(terminal)
    terminal.wait_for("#everyone")
    assert PASSWORD.encode() not in terminal.output
    terminal.type("/quit\r")
    assert terminal.finish() == 0

    logins = tmp_path / "config/chatsite/logins.json"
    assert logins.stat().st_mode & 0o777 == 0o600
    kept = json.loads(logins.read_text())["logins"][uvicorn.url]
    assert (kept == "keyring") == bool(variables)
    assert run(tmp_path, "--plain", "--room", "everyone", **variables).returncode == 0

    sessions = ana.user.usersession_set.count()
    ended = run(tmp_path, "--logout", **variables)
    assert (ended.returncode, ended.stdout) == (0, f"You’re logged out of {uvicorn.url}.\n")
    assert ana.user.usersession_set.count() == sessions - 1
    assert json.loads(logins.read_text())["logins"] == {}
    if variables:
        assert json.loads((tmp_path / "keyring.json").read_text()) == {}
    again = run(tmp_path, "--plain", **variables)
    assert (again.returncode, "Run this in a terminal once" in again.stderr) == (3, True)


def test_a_wrong_password_can_be_corrected(open_terminal, fresh_site):
    terminal = open_terminal(fresh_site)
    enter(terminal, "wrong")
    terminal.wait_for("Incorrect username or password.")
    enter(terminal, attempt=2)
    terminal.wait_for("#everyone")


def test_three_wrong_passwords_end_the_command(open_terminal, fresh_site, tmp_path):
    terminal = open_terminal(fresh_site)
    for attempt in range(1, 4):
        enter(terminal, "wrong", attempt=attempt)
        terminal.wait_for("Incorrect username or password.", attempt)
    assert terminal.finish() == 3
    assert not (tmp_path / "config/chatsite/logins.json").exists()


def test_too_many_attempts_are_explained(open_terminal, fresh_site):
    with pytest.raises(LoginRefused, match="Too many attempts"):
        fail_often(fresh_site.url)
    terminal = open_terminal(fresh_site)
    enter(terminal)
    terminal.wait_for("Too many attempts. Try again in five minutes")


def fail_often(url: str) -> None:
    for _attempt in range(10):
        try:
            asyncio.run(log_in(url, "ana", "wrong"))
        except LoginRefused as error:
            if "Incorrect" not in str(error):
                raise


def test_a_suspended_person_is_told_so(open_terminal, uvicorn, ana):
    suspend(user=ana.user)
    terminal = open_terminal(uvicorn)
    enter(terminal)
    terminal.wait_for("This account is suspended.")


def test_a_site_that_asks_for_more_than_a_password_refers_to_tokens(no_site, ana, tmp_path):
    """The address must be confirmed with a browser first, for example."""
    EmailAddress.objects.create(user=ana.user, email="ana@example.org", primary=True, verified=False)
    database, options = connection.settings_dict["NAME"], {"EMAIL_VERIFICATION": "mandatory"}
    with (
        run_site("uvicorn", database, tmp_path / "site", **options) as site,
        pytest.raises(LoginRefused, match="create an API token"),
    ):
        asyncio.run(log_in(site.url, "ana", PASSWORD))


def test_ctrl_c_at_the_password_leaves_the_terminal_as_it_was(open_terminal, uvicorn):
    terminal = open_terminal(uvicorn)
    terminal.wait_for("Username or email:")
    terminal.type("ana\r")
    terminal.wait_for("Password:")
    terminal.type("\x03")
    assert terminal.finish() == 130
    assert b"Traceback" not in terminal.output


def test_a_login_is_forgotten_even_if_its_site_is_gone(uvicorn, ana, tmp_path):
    gone = "http://127.0.0.1:9"
    logins = tmp_path / "config/chatsite/logins.json"
    logins.parent.mkdir(parents=True)
    logins.write_text(json.dumps({"logins": {gone: json.dumps({"session": "key"})}}))
    ended = run(tmp_path, gone, "--log-out")
    assert ended.returncode == 4
    assert "This login was forgotten." in ended.stderr
    assert json.loads(logins.read_text())["logins"] == {}
