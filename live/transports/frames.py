"""WebSocket text frames, encoded once and written to every socket that should receive them."""


def frame_of(payload: bytes) -> bytes:
    """Return an unfragmented, unmasked frame, as servers send them (RFC 6455, section 5.2)."""
    length = len(payload)
    if length < 126:
        return bytes((0x81, length)) + payload
    if length < 1 << 16:
        return b"\x81\x7e" + length.to_bytes(2, "big") + payload
    return b"\x81\x7f" + length.to_bytes(8, "big") + payload


def text_of(frame: bytes) -> str:
    """Return the payload of a frame made by `frame_of`."""
    return frame[{126: 4, 127: 10}.get(frame[1], 2) :].decode()
