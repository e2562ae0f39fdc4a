"""Contents of harmless and hostile files that users may upload."""

import struct
import zlib
from io import BytesIO

from PIL import Image


class UnclosableBytesIO(BytesIO):
    """Keeps its content when it is closed."""

    def close(self) -> None: ...


def encode(image: Image.Image, format: str = "PNG", **options) -> bytes:
    file = BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def image_file(size: tuple[int, int] = (40, 30), format: str = "PNG", colour: str = "teal") -> bytes:
    return encode(Image.new("RGB", size, colour), format)


def png(width: int, height: int, *chunks: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + b"".join(chunks) + chunk(b"IEND", b"")


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def deflated_zeros(megabytes: int) -> bytes:
    compressor = zlib.compressobj()
    return b"".join(compressor.compress(bytes(1_000_000)) for _ in range(megabytes)) + compressor.flush()


def short_id(value: object) -> str | None:
    """Return the first bytes as the id of a test, which must be the same in every process."""
    return repr(value[:8]) if isinstance(value, bytes) else None
