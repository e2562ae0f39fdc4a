"""Detection of media types by the first bytes."""

import io
import struct
import tarfile
import wave
import zipfile

import pytest

from messaging.attachments.media_types import PLAYABLE, RENDERED, kind_of, type_of
from messaging.attachments.sandbox import images
from tests.hostile_files import image_file, short_id


def image(format: str) -> bytes:
    return image_file(format=format)


def archive(*names: str, first: bytes = b"") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive_file:
        if first:
            archive_file.writestr("mimetype", first)
        for name in names:
            archive_file.writestr(name, "x" * 20)
    return file.getvalue()


def wav() -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as recording:
        recording.setnchannels(1)
        recording.setsampwidth(1)
        recording.setframerate(8000)
        recording.writeframes(b"\x80" * 80)
    return file.getvalue()


def tar() -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive_file:
        archive_file.addfile(tarfile.TarInfo("x"))
    return file.getvalue()


def box(brand: bytes, *compatible: bytes) -> bytes:
    body = b"ftyp" + brand + b"\0\0\0\0" + b"".join(compatible)
    return struct.pack(">I", len(body) + 4) + body + b"\0\0\0\x08free"


MP3_FRAME = b"\xff\xfb\x90\x00" + bytes(413)  # 128 kbit/s at 44.1 kHz
AAC_FRAME = b"\xff\xf1\x50\x80\x02\x1f\xfc" + bytes(9)  # 16 bytes


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (image("PNG"), "image/png"),
        (image("JPEG"), "image/jpeg"),
        (image("GIF"), "image/gif"),
        (image("WEBP"), "image/webp"),
        (image("AVIF"), "image/avif"),
        (image("BMP"), "image/bmp"),
        (image("TIFF"), "image/tiff"),
        (image("ICO"), "image/x-icon"),
        (box(b"mif1", b"mif1", b"avif"), "image/avif"),
        (box(b"mif1", b"mif1", b"heic"), "image/heic"),
        (box(b"heic"), "image/heic"),
        (box(b"isom", b"isom", b"avc1"), "video/mp4"),
        (box(b"qt  "), "video/quicktime"),
        (box(b"M4A "), "audio/mp4"),
        (box(b"zzzz"), "application/mp4"),
        (b"\x1a\x45\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\x82\x84webmB\x87\x81\x04", "video/webm"),
        (b"\x1a\x45\xdf\xa3\xa3B\x86\x81\x01B\xf7\x81\x01B\x82\x88matroskaB\x87\x81\x04", "video/x-matroska"),
        (b"OggS\0\x02" + bytes(20) + b"\x01\x1e\x01vorbis", "audio/ogg"),
        (b"OggS\0\x02" + bytes(20) + b"\x01\x2a\x80theora", "video/ogg"),
        (b"ID3\x04\0\0\0\0\0\x10" + bytes(30), "audio/mpeg"),
        (MP3_FRAME * 2, "audio/mpeg"),
        (AAC_FRAME * 2, "audio/aac"),
        (wav(), "audio/wav"),
        (b"fLaC\0\0\0\x22", "audio/flac"),
        (b"%PDF-1.7\n%\xe2\xe3", "application/pdf"),
        (b"\r\n \t\n%PDF-1.4\n", "application/pdf"),
        (b"\n" * 1019 + b"%PDF-1.4\n", "application/pdf"),
        (archive("a.txt"), "application/zip"),
        (
            archive("[Content_Types].xml", "word/document.xml"),
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
        (
            archive("content.xml", first=b"application/vnd.oasis.opendocument.text"),
            "application/vnd.oasis.opendocument.text",
        ),
        (archive("x", first=b"application/epub+zip"), "application/epub+zip"),
        (archive("x", first=b"text/html"), "application/zip"),
        (archive("META-INF/MANIFEST.MF"), "application/java-archive"),
        (b"\x1f\x8b\x08\0", "application/gzip"),
        (b"7z\xbc\xaf\x27\x1c\0\4", "application/x-7z-compressed"),
        (tar(), "application/x-tar"),
        (b"\x7fELF\x02\x01\x01", "application/x-executable"),
        (
            b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0",
            "application/vnd.microsoft.portable-executable",
        ),
        (b"SQLite format 3\0", "application/vnd.sqlite3"),
        (b"wOF2\0\1\0\0", "font/woff2"),
    ],
    ids=short_id,
)
def test_type_is_detected_by_the_first_bytes(content, media_type):
    assert type_of(content) == media_type


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0",
        b"<!doctype html><script>alert(1)</script>",
        b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        b'<?xml version="1.0"?><x/>',
        b"\xef\xbb\xbf<html>",
        b"<html><!-- %PDF-1.4 -->",
        b"\n" * 1020 + b"%PDF-1.4\n",
        b"A text about\n%PDF-1.4\n",
        b"MZ is what begins this text, which is long enough for a header of that kind, I suppose",
        b"BMW is a car",
        b"ID3 is a book of tags",
        b"the moov atom",
        b"a ftypo here",
        b"RIFFraff",
        "ÿûber alles".encode("latin-1"),
        b"\xff\xfea\0b\0c\0",
        b"\xff\xfb\x90\x00 only one frame",
        b"#!/bin/sh\necho",
    ],
    ids=short_id,
)
def test_possible_text_has_no_type(content):
    assert type_of(content) == ""


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"GIF89a=1;alert(1)//", "image/gif"),
        (image("GIF") + archive("Evil.class"), "image/gif"),
        (image("JPEG") + archive("a"), "image/jpeg"),
        (b"%PDF-1.7\n<script>alert(1)</script>", "application/pdf"),
        (b"\n%PDF-1.7\n<script>alert(1)</script>", "application/pdf"),
        (image("PNG") + b"<script>alert(1)</script>", "image/png"),
    ],
    ids=short_id,
)
def test_polyglot_has_the_type_of_its_first_bytes(content, media_type):
    assert type_of(content) == media_type
    assert media_type not in PLAYABLE


def test_only_audio_and_video_are_playable():
    assert {each.partition("/")[0] for each in PLAYABLE} == {"audio", "video"}


def test_truncated_files_raise_no_error():
    samples = [image("PNG"), archive("word/x"), box(b"isom"), MP3_FRAME, AAC_FRAME, wav(), tar(), b"MZ" + bytes(70)]
    for content in samples:
        for length in range(len(content[:600])):
            type_of(content[:length])


@pytest.mark.parametrize(
    ("media_type", "kind"),
    [
        ("image/png", "image"),
        ("image/tiff", "image"),
        ("image/heic", "other"),
        ("video/mp4", "video"),
        ("video/x-matroska", "other"),
        ("audio/flac", "audio"),
        ("audio/midi", "other"),
        ("text/plain", "text"),
        ("application/pdf", "pdf"),
        ("application/zip", "other"),
    ],
)
def test_kind_of_a_type(media_type, kind):
    assert kind_of(media_type) == kind


def test_rendered_types_have_a_decoder():
    assert images.FORMATS.keys() == RENDERED
