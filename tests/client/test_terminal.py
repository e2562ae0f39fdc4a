"""The command in a real terminal of 80 × 24 characters, as pyte understands it."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time

import pyte
import pytest

from chatsite_terminal.login_store import LoginStore
from tests.checkout import ROOT
from tests.live_client import LiveClient
from tests.waiting import PATIENCE


class Terminal:
    """A program in a terminal. `screen` has what it shows."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self.screen = pyte.Screen(80, 24)
        self._stream = pyte.ByteStream(self.screen)
        self._descriptor, inside = pty.openpty()
        fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.process = subprocess.Popen(
            command, stdin=inside, stdout=inside, stderr=inside, env=environment, start_new_session=True
        )
        os.close(inside)

    def type(self, text: str) -> None:
        os.write(self._descriptor, text.encode())

    def wait_for(self, text: str) -> None:
        """Feed the screen until it shows a text."""
        deadline = time.monotonic() + PATIENCE
        while text not in "\n".join(self.screen.display):
            if time.monotonic() > deadline or not self._read():
                raise TimeoutError(f"“{text}” is not on:\n" + "\n".join(self.screen.display))

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._descriptor)

    def _read(self) -> bool:
        """Take in what the program writes. Return false at its end."""
        if select.select([self._descriptor], [], [], 0.1)[0]:
            try:
                self._stream.feed(os.read(self._descriptor, 65536))
            except OSError:
                return False
        return True


@pytest.fixture
def terminal(ana, uvicorn, tmp_path):
    LoginStore(tmp_path / "config/chatsite").set(uvicorn.url, ana.credentials)
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{ROOT / 'client'}:{':'.join(sys.path)}",
        "HOME": str(tmp_path),
        "XDG_STATE_HOME": str(tmp_path / "state"),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "TERM": "xterm-256color",
        "LANG": "C.UTF-8",
    }
    terminal = Terminal([sys.executable, "-m", "chatsite_terminal", uvicorn.url], environment)
    yield terminal
    terminal.close()


def test_it_chats_and_leaves_the_terminal_as_it_was(terminal, uvicorn, mira, everyone):
    with LiveClient(uvicorn, mira.user) as page:
        terminal.wait_for("#everyone")
        page.post(everyone.pk, "Hello\x1b]0;evil\x07\x1b[2J @ana")
        terminal.wait_for("Hello @ana")
        assert "evil" not in terminal.screen.title
        terminal.type("Hello @mira\r")
        while page.wait_for("message.posted")["message"]["body"] != "Hello @mira":
            pass
        terminal.wait_for("Hello @mira")
        terminal.type("/quit\r")
        assert terminal.process.wait(PATIENCE) == 0
