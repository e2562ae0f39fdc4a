"""What a file is, by its first bytes."""

import io
import struct
import tarfile
import wave
import zipfile

import pytest

from messaging.attachments.media_types import PLAYABLE, RENDERED, kind_of, type_of
from messaging.attachments.sandbox import images
from tests.hostile_files import beginning, picture


def a(form: str) -> bytes:
    return picture(form=form)


def archive(*names: str, first: bytes = b"") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        if first:
            made.writestr("mimetype", first)
        for name in names:
            made.writestr(name, "x" * 20)
    return file.getvalue()


def sound() -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as made:
        made.setnchannels(1)
        made.setsampwidth(1)
        made.setframerate(8000)
        made.writeframes(b"\x80" * 80)
    return file.getvalue()


def tape() -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as made:
        made.addfile(tarfile.TarInfo("x"))
    return file.getvalue()


def box(brand: bytes, *compatible: bytes) -> bytes:
    body = b"ftyp" + brand + b"\0\0\0\0" + b"".join(compatible)
    return struct.pack(">I", len(body) + 4) + body + b"\0\0\0\x08free"


MP3_FRAME = b"\xff\xfb\x90\x00" + bytes(413)  # 128 kbit/s at 44.1 kHz
AAC_FRAME = b"\xff\xf1\x50\x80\x02\x1f\xfc" + bytes(9)  # 16 bytes


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (a("PNG"), "image/png"),
        (a("JPEG"), "image/jpeg"),
        (a("GIF"), "image/gif"),
        (a("WEBP"), "image/webp"),
        (a("AVIF"), "image/avif"),
        (a("BMP"), "image/bmp"),
        (a("TIFF"), "image/tiff"),
        (a("ICO"), "image/x-icon"),
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
        (sound(), "audio/wav"),
        (b"fLaC\0\0\0\x22", "audio/flac"),
        (b"%PDF-1.7\n%\xe2\xe3", "application/pdf"),
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
        (tape(), "application/x-tar"),
        (b"\x7fELF\x02\x01\x01", "application/x-executable"),
        (
            b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0",
            "application/vnd.microsoft.portable-executable",
        ),
        (b"SQLite format 3\0", "application/vnd.sqlite3"),
        (b"wOF2\0\1\0\0", "font/woff2"),
    ],
    ids=beginning,
)
def test_a_file_is_known_by_its_beginning(content, media_type):
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
        b"\n%PDF-1.4 is not at the beginning",
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
    ids=beginning,
)
def test_what_may_be_text_has_no_type(content):
    assert type_of(content) == ""


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"GIF89a=1;alert(1)//", "image/gif"),
        (a("GIF") + archive("Evil.class"), "image/gif"),
        (a("JPEG") + archive("a"), "image/jpeg"),
        (b"%PDF-1.7\n<script>alert(1)</script>", "application/pdf"),
        (a("PNG") + b"<script>alert(1)</script>", "image/png"),
    ],
    ids=beginning,
)
def test_a_file_that_is_two_things_is_what_it_begins_with(content, media_type):
    assert type_of(content) == media_type
    assert media_type not in PLAYABLE


def test_nothing_is_played_that_a_browser_would_run_or_draw():
    assert {each.partition("/")[0] for each in PLAYABLE} == {"audio", "video"}


def test_every_beginning_is_looked_at_without_a_fault():
    whole = [a("PNG"), archive("word/x"), box(b"isom"), MP3_FRAME, AAC_FRAME, sound(), tape(), b"MZ" + bytes(70)]
    for content in whole:
        for length in range(len(content[:600])):
            type_of(content[:length])


@pytest.mark.parametrize(
    ("media_type", "kind"),
    [
        ("image/png", "image"),
        ("image/tiff", "other"),
        ("video/mp4", "video"),
        ("video/x-matroska", "other"),
        ("audio/flac", "audio"),
        ("audio/midi", "other"),
        ("text/plain", "text"),
        ("application/pdf", "pdf"),
        ("application/zip", "other"),
    ],
)
def test_how_a_type_is_shown(media_type, kind):
    assert kind_of(media_type) == kind


def test_what_is_said_to_be_drawn_is_drawn():
    assert images.FORMATS.keys() == RENDERED
