"""The terminal client in the pseudo-locale: all of its texts are translated, and longer words still fit on 80 × 24."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from chatsite_terminal.commands import USAGES
from chatsite_terminal.login_store import LoginStore
from tests.client.terminal import Terminal, environment_of
from tests.factories import post
from tests.pseudo_locale import build_client, pseudo

ACCENTED = re.compile(r"[ÅÉÎÖÛÝåçéîñöûý⟦⟧~]")
# Words of the tests' users, also cut off by a dialog; keys; and what is typed as it is written here.
NOT_OURS = {
    "ana",
    "an",
    "mira",
    "everyone",
    "Hello",
    "there",
    "Announcements",
    "and",
    "chat",
    "for",
    "yes",
    "esc",
    "enter",
    "tab",
    "MB",
    "KB",
    "Chatsite",
    *USAGES,
}


@pytest.fixture(scope="module")
def packages(tmp_path_factory) -> Path:
    return build_client(tmp_path_factory.mktemp("pseudo"))


@pytest.fixture
def environment(packages, tmp_path) -> dict[str, str]:
    environment = environment_of(tmp_path, LANG="C.UTF-8", LANGUAGE="en_XA")
    return environment | {"PYTHONPATH": f"{packages}:{environment['PYTHONPATH']}", "LC_MESSAGES": "en_XA"}


@pytest.fixture
def terminal(uvicorn, ana, mira, everyone, environment, tmp_path):
    post(everyone, ana.user, "Hello there")
    post(everyone, mira.user, "Hello", reply_to_id=post(everyone, ana.user).pk)
    LoginStore(tmp_path / "config/chatsite").set(uvicorn.url, ana.credentials)
    terminal = Terminal([uvicorn.url], environment)
    yield terminal
    terminal.close()


def untranslated(text: str) -> list[str]:
    """Return the words that aren't accented. Names of months and days come from the system."""
    lines = [line for line in text.splitlines() if "20" not in line]
    words = re.findall(
        r"[^\W\d_]{2,}", " ".join(word for line in lines for word in line.split() if not is_marked(word))
    )
    return [word for word in words if not ACCENTED.search(word) and word.strip() not in NOT_OURS]


def is_marked(word: str) -> bool:
    return bool(ACCENTED.search(word)) or word[0] in "#@^/:"


def test_the_screens_are_translated_and_fit(terminal):
    terminal.wait_for("Hello")
    terminal.wait_for(pseudo("New messages"))
    seen = {"room": terminal.text}
    for name, keys, sign in (
        ("rooms", "\x0b", pseudo("Go to a room or person")),
        ("search", "\x06", pseudo("Enter searches and goes to a message, Esc closes")),
        ("thread", "/thread\r", pseudo("Thread in {room}")[:7]),
        ("help", "/help\r", pseudo("Send a private message")),
    ):
        terminal.type(keys)
        terminal.wait_for(sign)
        seen[name] = terminal.text
        terminal.type("\x1b")
        terminal.wait_until_gone(sign)
    found = {name: untranslated(text) for name, text in seen.items()}
    assert not any(found.values()), (found, seen)
    assert all(len(line) <= 80 for text in seen.values() for line in text.splitlines())


def test_errors_and_the_command_line_are_translated(environment):
    def run(*arguments: str) -> str:
        command = [sys.executable, "-m", "chatsite_terminal", *arguments]
        done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        return done.stdout + done.stderr

    assert pseudo("Chat in the terminal.") in run("--help")
    assert pseudo("{url} isn’t the address of a site.")[7:30] in run("ftp://x")
    assert pseudo("You aren’t logged in to {url}.")[:20] in run("http://127.0.0.1:9")
