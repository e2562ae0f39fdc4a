"""`python -m bench.transfer_client up|down PORT COOKIE ADDRESS …`: transfers files as fast as the server allows."""

import os
import socket
import sys
from pathlib import Path

READ_BYTES = 1 << 20


def up(port: int, cookie: str, address: str, path: str) -> None:
    """Upload the whole file in a single PATCH request."""
    size = os.path.getsize(path)
    head = {"Upload-Offset": 0, "Content-Type": "application/offset+octet-stream", "Content-Length": size}
    with _request("PATCH", port, cookie, address, head) as connection, Path(path).open("rb") as file:
        connection.sendfile(file)
        response = connection.recv(READ_BYTES)
    if not response.startswith(b"HTTP/1.1 204"):
        sys.exit(f"the upload was answered with {response[:200]!r}")


def down(port: int, cookie: str, address: str, size: int) -> None:
    """Download the file repeatedly, and print its size each time."""
    buffer = bytearray(READ_BYTES)
    while True:
        with _request("GET", port, cookie, address, {"Connection": "close"}) as connection:
            got = 0
            while count := connection.recv_into(buffer):
                got += count
        if got < size:
            sys.exit(f"only {got} of {size} bytes came")
        print(size, flush=True)


def _request(method: str, port: int, cookie: str, address: str, headers: dict[str, object]) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port))
    fields = {"Host": f"127.0.0.1:{port}", "Cookie": f"sessionid={cookie}", "Tus-Resumable": "1.0.0", **headers}
    text = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    connection.sendall(f"{method} {address} HTTP/1.1\r\n{text}\r\n".encode())
    return connection


if __name__ == "__main__":
    way, port, cookie, address, what = sys.argv[1:]
    if way == "up":
        up(int(port), cookie, address, what)
    else:
        down(int(port), cookie, address, int(what))
