"""The command in a real terminal, as pyte understands it."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

import pyte

from tests.checkout import ROOT
from tests.waiting import PATIENCE


def environment_of(home: Path, **variables: str) -> dict[str, str]:
    """Return the environment of a client that keeps its files in this folder."""
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{ROOT / 'client'}:{ROOT}:{':'.join(filter(None, sys.path))}",
        "HOME": str(home),
        "XDG_STATE_HOME": str(home / "state"),
        "XDG_CONFIG_HOME": str(home / "config"),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",  # not the keyring of whoever runs the tests
        "TERM": "xterm-256color",
        "LANG": "C.UTF-8",
    } | variables


class Terminal:
    """A program in a terminal. `screen` has what it shows, and `output` all that it has written."""

    def __init__(self, arguments: list[str], environment: dict[str, str], *, columns: int = 80, rows: int = 24) -> None:
        self.output = b""
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        self._descriptor, inside = pty.openpty()
        self._set_size(inside)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "chatsite_terminal", *arguments],
            stdin=inside,
            stdout=inside,
            stderr=inside,
            env=environment,
            cwd=environment["HOME"],
            start_new_session=True,
            preexec_fn=_begin_session,
        )
        os.close(inside)

    @property
    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self.screen.display)

    def type(self, text: str) -> None:
        os.write(self._descriptor, text.encode())

    def resize(self, columns: int, rows: int) -> None:
        self.screen.resize(rows, columns)
        self._set_size(self._descriptor)
        self.process.send_signal(signal.SIGWINCH)

    def wait_for(self, text: str, times: int = 1) -> None:
        """Feed the screen until it shows a text this many times."""
        deadline = time.monotonic() + PATIENCE
        while self.text.count(text) < times:
            if time.monotonic() > deadline or not self._read():
                raise TimeoutError(f"“{text}” is not on:\n{self.text}")

    def wait_until_gone(self, text: str) -> None:
        """Feed the screen until it doesn't show a text anymore."""
        deadline = time.monotonic() + PATIENCE
        while text in self.text:
            if time.monotonic() > deadline or not self._read():
                raise TimeoutError(f"“{text}” is still on:\n{self.text}")

    def finish(self) -> int:
        """Wait for the end of the program, and return its exit status."""
        deadline = time.monotonic() + PATIENCE
        while self._read():
            if time.monotonic() > deadline:
                raise TimeoutError(f"The program hasn’t ended, and shows:\n{self.text}")
        return self.process.wait(PATIENCE)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._descriptor)

    def _set_size(self, descriptor: int) -> None:
        size = struct.pack("HHHH", self.screen.lines, self.screen.columns, 0, 0)
        fcntl.ioctl(descriptor, termios.TIOCSWINSZ, size)

    def _read(self) -> bool:
        """Take in what the program writes. Return false at its end."""
        if select.select([self._descriptor], [], [], 0.1)[0]:
            try:
                part = os.read(self._descriptor, 65536)
            except OSError:
                return False
            self.output += part
            self._stream.feed(part)
        return True


def _begin_session() -> None:
    """Let the terminal control the program, as a shell does."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    heed_signals()


def heed_signals() -> None:
    """Undo that signals are ignored, as they may be where the tests run, such as in the background."""
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
