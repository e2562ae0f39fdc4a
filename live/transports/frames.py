"""WebSocket text frames, made once and written to every socket that gets them."""


def framed(payload: bytes) -> bytes:
    """A server's frame: whole and unmasked (RFC 6455, section 5.2)."""
    length = len(payload)
    if length < 126:
        return bytes((0x81, length)) + payload
    if length < 1 << 16:
        return b"\x81\x7e" + length.to_bytes(2, "big") + payload
    return b"\x81\x7f" + length.to_bytes(8, "big") + payload


def text_in(frame: bytes) -> str:
    """What `framed` was given."""
    return frame[{126: 4, 127: 10}.get(frame[1], 2) :].decode()
