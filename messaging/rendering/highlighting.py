"""Highlights the code in messages, in a confined process.

Some of Pygments' regular expressions take seconds for two thousand malicious characters, and can't be interrupted in a
thread. Code that takes too long isn't highlighted.
"""

import socket
import subprocess
import threading
from collections.abc import Sequence
from time import monotonic

import msgspec

from live.isolation.process import start
from live.isolation.worker import MAX_MESSAGE
from messaging.rendering.code_blocks import CodeBlock

# The wall-clock time that a message, and the ones after it, wait for a response. The process limits its own CPU time,
# except for loading languages: a second for all of them.
START_SECONDS = 2.0
RESPONSE_SECONDS = 0.5
HANG_SECONDS = 30.0  # after which the process is killed
CPU_SECONDS = 10.0  # for a message, after which the kernel kills the process

MODULE = "messaging.rendering.highlighting_process"


class Highlighter:
    """A client of the process, which is started on demand and exits after a minute without work.

    While a response is late, no code is highlighted, so that only one message waits.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: socket.socket | None = None
        self._late_since: float | None = None

    def highlight(self, blocks: Sequence[CodeBlock]) -> list[str]:
        """Return the HTML of each block with Pygments' short classes, or "" if it can't be highlighted in time."""
        with self._lock:
            for _ in range(2):  # the process may have ended while it was idle
                try:
                    if self._is_late():
                        break
                    return self._request(blocks)
                except TimeoutError:
                    self._late_since = monotonic()
                    break
                except (OSError, msgspec.DecodeError):
                    self.stop()
            return [""] * len(blocks)

    def stop(self) -> None:
        """End the process."""
        if self._connection is not None and self._process is not None:
            self._connection.close()
            self._process.kill()
            self._process.wait()
        self._connection = self._process = self._late_since = None

    def _is_late(self) -> bool:
        """Return whether the process is still working on an earlier request. Discard its response."""
        if self._connection is None or self._late_since is None:
            return False
        if monotonic() - self._late_since > HANG_SECONDS:
            self.stop()
            return False
        self._connection.setblocking(False)
        try:
            self._connection.recv(MAX_MESSAGE)
        except BlockingIOError:
            return True
        self._late_since = None
        return False

    def _request(self, blocks: Sequence[CodeBlock]) -> list[str]:
        if connection := self._connection:
            connection.settimeout(RESPONSE_SECONDS)
        else:
            connection = self._start()
        connection.send(msgspec.json.encode(blocks))
        results = msgspec.json.decode(connection.recv(MAX_MESSAGE), type=list[str])
        if len(results) != len(blocks):
            raise msgspec.DecodeError
        return results

    def _start(self) -> socket.socket:
        self._process, self._connection = start(MODULE, cpu_seconds=CPU_SECONDS)
        self._connection.settimeout(START_SECONDS)
        return self._connection


highlighter = Highlighter()
