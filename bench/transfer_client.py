"""`python -m bench.transfer_client up|down PORT COOKIE ADDRESS …`: transfers files as fast as the server allows."""

import os
import socket
import sys
from pathlib import Path

READ_BYTES = 1 << 20


def up(port: int, cookie: str, address: str, path: str) -> None:
    """Send the whole file by one PATCH."""
    size = os.path.getsize(path)
    head = {"Upload-Offset": 0, "Content-Type": "application/offset+octet-stream", "Content-Length": size}
    with _asked("PATCH", port, cookie, address, head) as line, Path(path).open("rb") as file:
        line.sendfile(file)
        answer = line.recv(READ_BYTES)
    if not answer.startswith(b"HTTP/1.1 204"):
        sys.exit(f"the upload was answered with {answer[:200]!r}")


def down(port: int, cookie: str, address: str, size: int) -> None:
    """Fetch the file over and over, each time saying so."""
    buffer = bytearray(READ_BYTES)
    while True:
        with _asked("GET", port, cookie, address, {"Connection": "close"}) as line:
            got = 0
            while count := line.recv_into(buffer):
                got += count
        if got < size:
            sys.exit(f"only {got} of {size} bytes came")
        print(size, flush=True)


def _asked(method: str, port: int, cookie: str, address: str, headers: dict[str, object]) -> socket.socket:
    line = socket.create_connection(("127.0.0.1", port))
    told = {"Host": f"127.0.0.1:{port}", "Cookie": f"sessionid={cookie}", "Tus-Resumable": "1.0.0", **headers}
    text = "".join(f"{name}: {value}\r\n" for name, value in told.items())
    line.sendall(f"{method} {address} HTTP/1.1\r\n{text}\r\n".encode())
    return line


if __name__ == "__main__":
    way, port, cookie, address, what = sys.argv[1:]
    if way == "up":
        up(int(port), cookie, address, what)
    else:
        down(int(port), cookie, address, int(what))
