"""`--plain` through pipes: what it prints, sends and returns."""

import os
import re
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from chatsite_terminal.login_store import LoginStore
from messaging.models import Message
from tests.checkout import ROOT
from tests.client.terminal import heed_signals
from tests.factories import make_room, make_user, post
from tests.live_client import LiveClient
from tests.server import Site
from tests.services import free_port

pytestmark = pytest.mark.slow

WAIT = 60


@pytest.fixture
def terminal(ana, uvicorn, tmp_path):
    """Return a function that starts the command, logged in as Ana."""
    LoginStore(tmp_path / "config/chatsite").set(uvicorn.url, ana.credentials)
    return lambda *arguments, **options: start(tmp_path, uvicorn.url, "--plain", *arguments, **options)


def start(
    home: Path, *arguments: str, variables: dict[str, str] | None = None, **options: object
) -> subprocess.Popen[str]:
    environment = {
        **{name: os.environ[name] for name in ("PATH", "LANG", "TZ") if name in os.environ},
        "PYTHONPATH": f"{ROOT / 'client'}:{':'.join(sys.path)}",
        "HOME": str(home),
        "XDG_STATE_HOME": str(home / "state"),
        "XDG_CONFIG_HOME": str(home / "config"),
        "PYTHONIOENCODING": "utf-8",
        **(variables or {}),
    }
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE) | options
    command = [sys.executable, "-m", "chatsite_terminal", *arguments]
    return subprocess.Popen(  # type: ignore[call-overload]
        command, cwd=home, env=environment, text=True, preexec_fn=heed_signals, **pipes
    )


def finish(process: subprocess.Popen[str], text: str | None = "") -> tuple[int, str, str]:
    output, errors = process.communicate(text, timeout=WAIT)
    assert "Traceback" not in errors, errors
    return process.returncode, output, errors


@contextmanager
def page_of(site: Site, account):
    with LiveClient(site, account.user) as page:
        yield page


def test_piped_lines_are_posted(terminal, uvicorn, mira, everyone):
    with page_of(uvicorn, mira) as page:
        status, output, errors = finish(terminal("--room", "everyone"), "hi\n\nthere @mira\n")
        assert (status, errors) == (0, "")
        messages = [page.wait_for("message.posted")["message"]["body"] for _ in range(2)]
    assert messages == ["hi", "there @mira"]
    assert [line[5:] for line in output.splitlines()] == [" ana: hi", " ana: there @mira"]


def test_a_file_can_be_the_input(terminal, everyone, tmp_path):
    (tmp_path / "input").write_text("one\ntwo\n")
    with (tmp_path / "input").open() as file:
        assert finish(terminal("--room", "everyone", stdin=file))[0] == 0


def test_the_input_can_be_empty(terminal, ana, mira, everyone):
    post(everyone, mira.user, "one")
    status, output, errors = finish(terminal("--room", "everyone", "--lines", "5", stdin=subprocess.DEVNULL), None)
    assert (status, output[5:], errors) == (0, " mira: one\n", "")


@pytest.mark.parametrize("kind", ["pipe", "file"])
def test_a_line_that_is_too_long_is_an_error(terminal, everyone, tmp_path, kind):
    text = "x" * 100_000
    (tmp_path / "input").write_text(text)
    with (tmp_path / "input").open() as file:
        process = terminal("--room", "everyone", **({"stdin": file} if kind == "file" else {}))
        status, output, errors = finish(process, text if kind == "pipe" else None)
    assert (status, output, errors) == (1, "", "A line is too long.\n")


def test_a_line_for_each_message_without_control_characters(terminal, uvicorn, mira, everyone):
    process = terminal()
    with page_of(uvicorn, mira) as page:
        process.stdin.write("/rooms\n")
        process.stdin.flush()
        assert process.stdout.readline() == "#everyone\n"
        page.post(everyone.pk, "one\ntwo \x1b]0;evil\x07\x1b[2J\u202e three")
        assert process.stdout.readline()[5:] == " #everyone mira: one ⏎ two  three\n"
    assert finish(process)[0] == 0


def test_threads_pins_and_saved_messages_have_numbers(terminal, uvicorn, ana, mira, everyone):
    question = post(everyone, ana.user, "Where do we meet?")
    post(everyone, mira.user, "At the station", reply_to_id=question.pk)
    post(everyone, mira.user, "Something else")
    lines = [
        "/later",
        "/saved",
        "/unsave 1",
        "/saved",
        "/threads",
        "/thread 1",
        "When?",
        "/unfollow",
        "/thread",
        "/pins",
    ]
    status, output, errors = finish(terminal("--room", "everyone", "--lines", "5"), "\n".join(lines) + "\n")
    assert (status, errors) == (0, "")
    assert Message.objects.get(body="When?").reply_to_id == question.pk
    shown = [re.sub(r"\d\d:\d\d ", "", line) for line in output.splitlines()]
    assert [line for line in shown[3:] if "When?" not in line] == [
        "Saved for later: /saved lists it.",
        "1  #everyone mira: Something else",
        "Removed from your saved messages.",
        "You haven’t saved any messages.",
        "1  #everyone ana: Where do we meet? (1 unread)",
        "#everyone ana: Where do we meet?",
        "#everyone mira: (to ana: Where do we meet?) At the station",
        "You don’t follow this thread anymore.",
        "You’ve left the thread.",
        "Nothing is pinned.",
    ]


def test_history_comes_first_on_request(terminal, ana, mira, everyone):
    for body in ("one", "two", "three"):
        post(everyone, mira.user, body)
    status, output, _errors = finish(terminal("--room", "everyone", "--lines", "2"))
    assert status == 0
    assert [line.split(": ")[1] for line in output.splitlines()] == ["two", "three"]


def test_commands_are_carried_out(terminal, uvicorn, ana, mira, everyone, tmp_path):
    (tmp_path / "notes.txt").write_text("line one\n\x1b[31mline two\n")
    attic = make_room("Attic")
    lines = [
        "/join attic",
        "in the attic",
        "/join everyone",
        f"/file {tmp_path / 'notes.txt'}",
        "/msg mira a secret",
        "/help",
    ]
    with page_of(uvicorn, mira) as page:
        status, output, errors = finish(terminal(), "\n".join(lines) + "\n")
        assert status == 0, errors
        direct = page.wait_for("room.joined")["room"]
        assert page.wait_for("message.posted", room=direct["id"])["message"]["body"] == "a secret"
        assert page.wait_for("message.posted", room=everyone.pk)["message"]["attachments"][0]["name"] == "notes.txt"
    assert "You’re in #attic." in output
    assert "/msg name text" in output
    assert attic.messages.get().body == "in the attic"
    status, output, errors = finish(terminal("--room", "everyone"), "/files\n/show 1\n/save notes.txt\n")
    assert (status, errors) == (0, "")
    assert f"1  [notes.txt, 23 B]\nline one\nline two\nSaved as {tmp_path}/notes (2).txt.\n" in output


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("/join nowhere", "There is no room or person “nowhere”."),
        ("hello", "Choose a room first: /join room"),
        ("/join everyone\n/file /nowhere/notes.txt", "/nowhere/notes.txt"),
        ("/frobnicate", "There is no command /frobnicate"),
        ("/show notes.txt", "Choose a room first"),
        ("/pin ²", "The latest list has no number ²."),
        ("/join everyone\n/save ²", "There is no file “²”."),
        ("/unblock mira", "You haven’t blocked mira."),
        ("/join everyone\n" + "x" * 8001, "The message is too long: at most 8000 characters, and this has 8001."),
    ],
    ids=["room", "none", "file", "command", "text", "number", "file number", "block", "long"],
)
def test_what_fails_is_said_and_shown_in_the_status(terminal, line, error):
    status, _output, errors = finish(terminal(), f"{line}\n/who\n")
    assert status == 1
    assert error in errors


def test_a_refused_message_is_said_and_shown_in_the_status(terminal, ana):
    make_room("Board", owner=make_user("owner"), is_read_only=True).memberships.create(user=ana.user)
    status, _output, errors = finish(terminal("--room", "board"), "hello\n")
    assert status == 1
    assert errors.startswith("Not sent: hello – ")


def test_a_message_that_cannot_be_kept_is_said_and_shown_in_the_status(terminal, mira, everyone, tmp_path):
    post(everyone, mira.user, "one")
    (tmp_path / "state").touch()  # where the folder should be
    status, output, errors = finish(terminal("--room", "everyone", "--lines", "5"), "two\n/who\n")
    assert (status, output[5:]) == (1, " mira: one\nOnline: ana\n")
    assert errors.startswith("The message can’t be kept in ")
    assert not Message.objects.filter(body="two").exists()


def test_without_a_login_or_a_site_the_status_says_so(uvicorn, tmp_path):
    status, _output, errors = finish(start(tmp_path, uvicorn.url, "--plain"))
    assert status == 3
    assert "You aren’t logged in" in errors
    status, _output, errors = finish(start(tmp_path, "ftp://example.org", "--plain"))
    assert status == 2
    url = f"http://127.0.0.1:{free_port()}"
    (tmp_path / "token").write_text("secret\n")
    arguments = ("--plain", "--timeout", "2", "--token-file", str(tmp_path / "token"))
    status, _output, errors = finish(start(tmp_path, url, *arguments))
    assert status == 4
    lost = f"{url} can’t be reached: Connection refused."
    assert errors == f"{lost} Reconnecting …\n{lost}\n"  # however often it tried


def test_an_ended_session_is_an_error(terminal, uvicorn, ana):
    ana.user.set_password("another pass phrase")
    ana.user.save()
    status, _output, errors = finish(terminal())
    assert status == 3
    assert "--log-out" in errors


def test_logging_out_forgets_the_login(terminal, uvicorn, ana, tmp_path):
    status, output, _errors = finish(terminal("--log-out"))
    assert (status, output) == (0, f"You’re logged out of {uvicorn.url}.\n")
    assert LoginStore(tmp_path / "config/chatsite").get(uvicorn.url) is None
    assert finish(start(tmp_path, uvicorn.url, "--plain"))[0] == 3


def test_ctrl_c_ends_it_quietly(terminal, everyone):
    process = terminal()
    process.stdin.write("/rooms\n")
    process.stdin.flush()
    assert process.stdout.readline()
    process.send_signal(signal.SIGINT)
    process.wait(WAIT)  # the end of the input would end it, too
    status, _output, errors = finish(process)
    assert (status, errors) == (130, "\n")
