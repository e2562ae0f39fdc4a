"""Highlights the code in messages, in a separate process.

Some of Pygments' regular expressions take seconds for two thousand malicious characters, and can't be interrupted in a
thread. Code that takes too long isn't highlighted.
"""

import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import msgspec

from messaging.rendering.code_blocks import MAX_MESSAGE, CodeBlock

RESPONSE_SECONDS = 2.0  # wall-clock time, including the start of the process, which limits its own CPU time

ROOT = Path(__file__).resolve().parents[2]
COMMAND = (sys.executable, "-s", "-m", "messaging.rendering.highlighting_process")
ENVIRONMENT = {"LANG": "C.UTF-8"}  # excludes the server's own environment, which contains passwords


class Highlighter:
    """A client of the process, which is started on demand and exits after a minute without work."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: socket.socket | None = None

    def highlight(self, blocks: Sequence[CodeBlock]) -> list[str]:
        """Return the HTML of each block with Pygments' short classes, or "" if it can't be highlighted in time."""
        with self._lock:
            for _ in range(2):  # the process may have ended while it was idle
                try:
                    return self._request(blocks)
                except TimeoutError:
                    break
                except (OSError, msgspec.DecodeError):
                    self.stop()
            self.stop()
            return [""] * len(blocks)

    def stop(self) -> None:
        """End the process."""
        if self._connection is not None and self._process is not None:
            self._connection.close()
            self._process.kill()
            self._process.wait()
        self._connection = self._process = None

    def _request(self, blocks: Sequence[CodeBlock]) -> list[str]:
        connection = self._connection or self._start()
        connection.send(msgspec.json.encode(blocks))
        results = msgspec.json.decode(connection.recv(MAX_MESSAGE), type=list[str])
        if len(results) != len(blocks):
            raise msgspec.DecodeError
        return results

    def _start(self) -> socket.socket:
        self._connection, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._connection.settimeout(RESPONSE_SECONDS)
        with theirs:
            self._process = subprocess.Popen(
                COMMAND,
                cwd=ROOT,
                env=ENVIRONMENT,
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # so that Ctrl-C only reaches the server
            )
        return self._connection


highlighter = Highlighter()
