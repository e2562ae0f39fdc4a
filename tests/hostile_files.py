"""Files as people send them, honest and hostile."""

import struct
import zlib
from io import BytesIO

from PIL import Image


class Kept(BytesIO):
    """What was written into it can be read when it is closed."""

    def close(self) -> None: ...


def encoded(picture: Image.Image, form: str = "PNG", **options) -> bytes:
    file = BytesIO()
    picture.save(file, form, **options)
    return file.getvalue()


def picture(size: tuple[int, int] = (40, 30), form: str = "PNG", colour: str = "teal") -> bytes:
    return encoded(Image.new("RGB", size, colour), form)


def png(width: int, height: int, *chunks: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + b"".join(chunks) + chunk(b"IEND", b"")


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def deflated_nothing(format_size: int) -> bytes:
    deflating = zlib.compressobj()
    return b"".join(deflating.compress(bytes(1_000_000)) for _ in range(format_size)) + deflating.flush()


def beginning(value: object) -> str | None:
    """Enough for the name of a test, and the same in every process."""
    return repr(value[:8]) if isinstance(value, bytes) else None
