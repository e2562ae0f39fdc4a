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


def pdf_of_strokes(count: int) -> bytes:
    """Return a PDF of one page with lines across it. Two million take 87 KB, and a minute to render."""
    content = zlib.compress(b"0 0 m 595 842 l S\n" * count, 9)
    return b"\n".join(
        [
            b"%PDF-1.7",
            b"1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj",
            b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj",
            b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R>>endobj",
            b"4 0 obj<</Filter/FlateDecode/Length %d>>stream\n%s\nendstream endobj" % (len(content), content),
            b"trailer<</Root 1 0 R>>\n%%EOF",
        ]
    )


def short_id(value: object) -> str | None:
    """Return the first bytes as the id of a test, which must be the same in every process."""
    return repr(value[:8]) if isinstance(value, bytes) else None
