"""A line between browser and server that a test can cut: what 'offline' in a browser leaves open, this does not."""

import contextlib
import socket
import threading

CHUNK = 64 * 1024


class Line:
    """Forwards TCP from a port of its own to `target`, the port of a server; several connections at once."""

    def __init__(self, target: int) -> None:
        self.target = target
        self._is_cut = False
        self._is_deaf = False
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def cut(self) -> None:
        """Break every connection, and each new one at once, until `mend`."""
        with self._lock:
            self._is_cut = True
            broken, self._open = self._open, set()
        for end in broken:
            _close(end)

    def mend(self) -> None:
        self._is_cut = self._is_deaf = False

    def deafen(self) -> None:
        """From now on what the browser sends arrives, and no answer comes back."""
        self._is_deaf = True

    def close(self) -> None:
        self.cut()
        _close(self._listener)

    def _accept(self) -> None:
        while True:
            try:
                browser, _ = self._listener.accept()
            except OSError:
                return  # closed
            threading.Thread(target=self._connect, args=(browser,), daemon=True).start()

    def _connect(self, browser: socket.socket) -> None:
        try:
            server = socket.create_connection(("127.0.0.1", self.target))
        except OSError:
            return _close(browser)  # the server is not there now
        with self._lock:
            if not self._is_cut:
                self._open |= {browser, server}
        if browser not in self._open:
            _close(browser)
            return _close(server)
        threading.Thread(target=self._pump, args=(browser, server, False), daemon=True).start()
        return self._pump(server, browser, True)

    def _pump(self, source: socket.socket, sink: socket.socket, is_answer: bool) -> None:
        with contextlib.suppress(OSError):
            while chunk := source.recv(CHUNK):
                if not (is_answer and self._is_deaf):
                    sink.sendall(chunk)
        for end in (source, sink):
            self._open.discard(end)
            _close(end)


def _close(end: socket.socket) -> None:
    """Shut down first: closing alone does not wake the thread that waits in `recv` or `accept`."""
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
