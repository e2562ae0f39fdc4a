"""The command under signals, without colors, and with texts that try to control the terminal."""

import os
import re
import signal
import subprocess
import sys
from urllib.parse import urlsplit

import pytest

from chatsite_client.folders import outbox_folder
from chatsite_client.outbox import Outbox, Post
from chatsite_terminal.login_store import LoginStore
from messaging.models import Message
from tests.client.terminal import Terminal, environment_of
from tests.factories import post
from tests.live_client import LiveClient
from tests.waiting import PATIENCE, wait_until

EVIL = "\x1b]0;evil\x07\x1b[2J\x9b31m"


@pytest.fixture
def open_terminal(ana, uvicorn, tmp_path):
    """Return a function that starts the command in a terminal, logged in as Ana."""
    LoginStore(tmp_path / "config/chatsite").set(uvicorn.url, ana.credentials)
    terminals = []

    def open_terminal(**options) -> Terminal:
        variables = options.pop("variables", {})
        terminals.append(Terminal([uvicorn.url], environment_of(tmp_path, **variables), **options))
        return terminals[-1]

    yield open_terminal
    for terminal in terminals:
        terminal.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=["SIGTERM", "SIGHUP"])
def test_a_signal_leaves_the_terminal_as_it_was(open_terminal, everyone, number):
    terminal = open_terminal()
    terminal.wait_for("#everyone")
    terminal.process.send_signal(number)
    assert terminal.finish() == 128 + number
    assert b"\x1b[?1049l" in terminal.output  # the normal screen
    assert b"Traceback" not in terminal.output


def test_a_closed_pipe_ends_it_quietly(ana, mira, uvicorn, everyone, tmp_path):
    LoginStore(tmp_path / "config/chatsite").set(uvicorn.url, ana.credentials)
    read, write = os.pipe()
    command = [sys.executable, "-m", "chatsite_terminal", uvicorn.url, "--plain"]
    pipes = {"stdin": subprocess.PIPE, "stdout": write, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, env=environment_of(tmp_path), text=True, **pipes) as process:
        os.close(write)
        process.stdin.write("/who\n")
        process.stdin.flush()
        assert os.read(read, 100).startswith(b"Online:")
        os.close(read)
        with LiveClient(uvicorn, mira.user) as page:
            page.post(everyone.pk, "Nobody reads this")
            assert process.wait(PATIENCE) == 128 + signal.SIGPIPE
        assert process.stderr.read() == ""


def test_a_session_that_ends_ends_it(ana, uvicorn, everyone, tmp_path):
    LoginStore(tmp_path / "config/chatsite").set(uvicorn.url, ana.credentials)
    command = [sys.executable, "-m", "chatsite_terminal", uvicorn.url, "--plain"]
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen(command, env=environment_of(tmp_path), text=True, **pipes) as process:
        process.stdin.write("/who\n")
        process.stdin.flush()
        assert process.stdout.readline().startswith("Online:")
        subprocess.run([*command[:-1], "--log-out"], env=environment_of(tmp_path), check=True, capture_output=True)
        assert process.wait(PATIENCE) == 3
        assert "--log-out" in process.stderr.read()


def test_no_text_of_the_server_controls_the_terminal(open_terminal, uvicorn, ana, mira, everyone):
    mira.user.display_name = f"Mira{EVIL}"
    mira.user.save()
    everyone.topic = f"Topic{EVIL}"
    everyone.save()
    post(everyone, mira.user, f"| a{EVIL} | b |\n|--|--|\n| ||c{EVIL}|| | `d{EVIL}` |")
    post(everyone, ana.user, f"own{EVIL}")
    with LiveClient(uvicorn, ana.user) as page:
        page.call("draft.set", room=everyone.pk, body=f"draft{EVIL}", known=0)
        terminal = open_terminal()
        terminal.wait_for("draft")
        terminal.type("\x15\x7f\x7f\x7f\x7f\x7f\x7f")
        terminal.wait_until_gone("draft")
        terminal.type("\x1b[A")
        terminal.wait_for("Edit your message")
        terminal.wait_for("own")
        terminal.type("ed\r")
        wait_until(lambda: Message.objects.filter(body="owned").exists(), lambda: terminal.text)
        terminal.type("/search own\r")
        terminal.wait_for("Enter searches")
        terminal.wait_for("ana: owned")
    assert b"evil" not in terminal.output
    assert b"\x9b31m" not in terminal.output


def test_messages_survive_a_killed_client(open_terminal, uvicorn, ana, everyone):
    terminal = open_terminal()
    terminal.wait_for("#everyone")
    os.kill(terminal.process.pid, signal.SIGSTOP)
    outbox = Outbox(outbox_folder(urlsplit(uvicorn.url).netloc, ana.user.pk))
    outbox.add(Post(room=everyone.pk, body="left behind"))
    outbox.close()
    terminal.process.kill()
    open_terminal().wait_for("left behind")
    wait_until(lambda: Message.objects.filter(body="left behind").count() == 1, "it is sent once")


def test_it_is_resized_while_someone_types_and_needs_no_colors(open_terminal, everyone):
    terminal = open_terminal(columns=200, rows=50, variables={"NO_COLOR": "1"})
    terminal.wait_for("#everyone")
    terminal.type("中文 العربية 👩‍🔧 ")
    terminal.resize(60, 16)
    terminal.type("x" * 10_000)
    terminal.resize(80, 24)
    terminal.type("\x15")
    terminal.type("/quit\r")
    terminal.wait_for("#everyone")
    assert all(red == green == blue for red, green, blue in re.findall(rb"[34]8;2;(\d+);(\d+);(\d+)", terminal.output))
