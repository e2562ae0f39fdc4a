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


def image_file(size: tuple[int, int] = (40, 30), format: str = "PNG", color: str = "teal") -> bytes:
    return encode(Image.new("RGB", size, color), format)


def png(width: int, height: int, *chunks: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + b"".join(chunks) + chunk(b"IEND", b"")


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def deflated_zeros(megabytes: int) -> bytes:
    compressor = zlib.compressobj()
    return b"".join(compressor.compress(bytes(1_000_000)) for _ in range(megabytes)) + compressor.flush()


def one_page_pdf(
    content: bytes, box: str = "0 0 595 842", *, catalog: bytes = b"", page: bytes = b"", stream: bytes = b""
) -> bytes:
    """Return a PDF of one page, without a cross-reference table, which readers then rebuild.

    The other arguments are entries to add to the dictionaries of the PDF.
    """
    parts = [
        b"%PDF-1.7",
        b"1 0 obj<</Type/Catalog/Pages 2 0 R" + catalog + b">>endobj",
        b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj",
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[%s]/Contents 4 0 R" % box.encode()
        + b"/Resources<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>"
        + page
        + b">>endobj",
        b"4 0 obj<<%s/Length %d>>stream\n%s\nendstream endobj" % (stream, len(content), content),
        b"trailer<</Root 1 0 R>>\n%%EOF",
    ]
    return b"\n".join(parts)


def pdf_of_strokes(count: int) -> bytes:
    """Return a PDF of one page with lines across it. Two million take 87 KB, and a minute to render."""
    return one_page_pdf(zlib.compress(b"0 0 m 595 842 l S\n" * count, 9), stream=b"/Filter/FlateDecode")


def short_id(value: object) -> str | None:
    """Return the first bytes as the id of a test, which must be the same in every process."""
    return repr(value[:8]) if isinstance(value, bytes) else None
