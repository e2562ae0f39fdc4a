"""A proxy between browser and server that tests can disconnect, because a browser's offline mode keeps sockets open."""

import contextlib
import socket
import threading

CHUNK = 64 * 1024


class Proxy:
    """Forwards TCP connections from its own port to `target`, the port of a server."""

    def __init__(self, target: int) -> None:
        self.target = target
        self._is_disconnected = False
        self._drops_responses = False
        self._blocks_websockets = self._blocks_streams = False
        self._hidden = b""
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def disconnect(self) -> None:
        """Break all current and new connections until `reconnect` is called."""
        with self._lock:
            self._is_disconnected = True
            broken, self._open = self._open, set()
        for end in broken:
            _close(end)

    def reconnect(self) -> None:
        self._is_disconnected = self._drops_responses = False

    def drop_responses(self) -> None:
        """Continue to forward data from the browser, but not the server's responses."""
        self._drops_responses = True

    def block_websockets(self, *, and_streams: bool = False) -> None:
        """Break all connections, and remove the Upgrade header from later requests. `and_streams`: other paths as well."""
        self.disconnect()
        self._blocks_websockets, self._blocks_streams = True, and_streams
        self.reconnect()

    def hide(self, path: str) -> None:
        """Have the server respond with 404 to GET requests for paths that begin with this one. Ends with an empty `path`."""
        self._hidden = path.encode()

    def close(self) -> None:
        self.disconnect()
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
            return _close(browser)  # the server is down
        with self._lock:
            if not self._is_disconnected:
                self._open |= {browser, server}
        if browser not in self._open:
            _close(browser)
            return _close(server)
        threading.Thread(target=self._pump, args=(browser, server, False), daemon=True).start()
        return self._pump(server, browser, True)

    def _pump(self, source: socket.socket, sink: socket.socket, is_response: bool) -> None:
        with contextlib.suppress(OSError):
            while chunk := source.recv(CHUNK):
                if self._blocks_websockets and not is_response:
                    chunk = chunk.replace(b"Connection: Upgrade\r\n", b"").replace(b"Upgrade: websocket\r\n", b"")
                if self._blocks_streams and not is_response:
                    chunk = chunk.replace(b"GET /api/v1/stream ", b"GET /api/v1/nobody ")
                if self._hidden and not is_response:
                    chunk = chunk.replace(b"GET " + self._hidden, b"GET /hidden" + self._hidden)
                if not (is_response and self._drops_responses):
                    sink.sendall(chunk)
        for end in (source, sink):
            self._open.discard(end)
            _close(end)


def _close(end: socket.socket) -> None:
    """Shut down before closing, because closing alone does not wake a thread that waits in `recv` or `accept`."""
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
