"""WebSocket frames for a client, built by hand, because the load generator must cost less than the servers."""

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10


def client_frame(payload: bytes, kind: int = TEXT) -> bytes:
    """Build a masked frame. A mask of zeros costs the client nothing, and the server as much as any other mask."""
    size = len(payload)
    if size < 126:
        head = bytes((0x80 | kind, 0x80 | size))
    elif size < 1 << 16:
        head = bytes((0x80 | kind, 0x80 | 126)) + size.to_bytes(2, "big")
    else:
        head = bytes((0x80 | kind, 0x80 | 127)) + size.to_bytes(8, "big")
    return head + b"\0\0\0\0" + payload


def payload_span(data: bytes | bytearray, start: int, end: int) -> tuple[int, int] | None:
    """Return the start and end of the payload of the frame at `start`, or None if its header is incomplete."""
    have = end - start
    size = data[start + 1] if have >= 2 else 127
    if size < 126:
        return start + 2, start + 2 + size
    if size == 126 and have >= 4:
        return start + 4, start + 4 + int.from_bytes(data[start + 2 : start + 4], "big")
    if have >= 10:
        return start + 10, start + 10 + int.from_bytes(data[start + 2 : start + 10], "big")
    return None


def upgrade_request(path: str, port: int, headers: str = "") -> bytes:
    return (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n{headers}\r\n"
    ).encode()
