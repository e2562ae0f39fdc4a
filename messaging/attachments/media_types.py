"""Detects media types from a file's first bytes, never from its name, and lists the types sent inline to browsers.

A polyglot (an image that is also an archive, a PDF that is also an HTML page) gets the type of its very first bytes.
Anything that a browser could execute (HTML, SVG, XML, scripts) has no signature here and is treated as text.
"""

import re
import struct
from collections.abc import Callable

HEAD = 65_536  # bytes inspected
UNKNOWN = "application/octet-stream"
TEXT = "text/plain"
PDF = "application/pdf"

# Rendered by sandbox/images.py. docs/architecture.md says why HEIC isn't.
RENDERED = frozenset({"image/png", "image/jpeg", "image/webp", "image/gif", "image/avif", "image/bmp", "image/tiff"})
OPENED = RENDERED | {PDF}
# Sent inline. Given one of these types and `nosniff`, a browser either plays the file or does nothing.
PLAYABLE = frozenset(
    "video/mp4 video/webm video/ogg video/quicktime "
    "audio/mpeg audio/ogg audio/wav audio/flac audio/mp4 audio/aac audio/webm".split()
)

_STARTS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"\0\0\1\0", "image/x-icon"),
    (b"8BPS\0", "image/vnd.adobe.photoshop"),
    (b"\0\0\0\x0cjP  ", "image/jp2"),
    (b"fLaC", "audio/flac"),
    (b"MThd\0\0", "audio/midi"),
    (b"\0\0\1\xba", "video/mpeg"),
    (b"FLV\1", "video/x-flv"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "video/x-ms-asf"),
    (b"{\\rtf", "application/rtf"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (b"PK\5\6", "application/zip"),
    (b"\x1f\x8b\x08", "application/gzip"),
    (b"BZh", "application/x-bzip2"),
    (b"\xfd7zXZ\0", "application/x-xz"),
    (b"\x28\xb5\x2f\xfd", "application/zstd"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"!<arch>\n", "application/x-archive"),
    (b"\x7fELF", "application/x-executable"),
    (b"\xcf\xfa\xed\xfe", "application/x-mach-binary"),
    (b"\xca\xfe\xba\xbe", "application/x-mach-binary"),
    (b"\0asm", "application/wasm"),
    (b"SQLite format 3\0", "application/vnd.sqlite3"),
    (b"wOFF", "font/woff"),
    (b"wOF2", "font/woff2"),
    (b"OTTO\0", "font/otf"),
    (b"\0\1\0\0\0", "font/ttf"),
)
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}
_BRANDS = {
    "image/avif": (b"avif", b"avis"),
    "image/heic": (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"),
    "audio/mp4": (b"M4A ", b"M4B ", b"M4P "),
    "video/quicktime": (b"qt  ",),
    "video/mp4": (b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"dash", b"M4V ", b"MSNV"),
}
_OFFICE = "application/vnd.openxmlformats-officedocument."
_ARCHIVED = (  # the prefix of a file name in the ZIP file, and the type that it indicates
    (b"word/", f"{_OFFICE}wordprocessingml.document"),
    (b"xl/", f"{_OFFICE}spreadsheetml.sheet"),
    (b"ppt/", f"{_OFFICE}presentationml.presentation"),
    (b"AndroidManifest.xml", "application/vnd.android.package-archive"),
    (b"META-INF/MANIFEST.MF", "application/java-archive"),
)
_ENTRY = re.compile(rb"PK\x03\x04.{22}(..)..", re.DOTALL)
_DECLARED = re.compile(rb"mimetype(application/(?:vnd\.oasis\.opendocument\.[a-z-]{1,40}|epub\+zip))")
_MP3_BITRATES = {  # layer III bit rates in kbit/s, for MPEG 1 and 2
    3: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    2: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_MP3_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}


def type_of(head: bytes) -> str:
    """Return the media type for the first HEAD bytes, or "" if no signature matches and the file may be text."""
    for start, media_type in _STARTS:
        if head.startswith(start):
            return media_type
    for detect in _DETECTORS:
        if found := detect(head):
            return found
    return ""


def kind_of(media_type: str) -> str:
    """Return how the file is displayed: image, video, audio, text, pdf or other."""
    if media_type in RENDERED:
        return "image"
    if media_type in PLAYABLE:
        return media_type.partition("/")[0]
    return {TEXT: "text", PDF: "pdf"}.get(media_type, "other")


def _pdf(head: bytes) -> str:
    """Detect PDFs. Like PDF readers, accept whitespace before the header, which must be in the first 1,024 bytes."""
    return PDF if head[:1024].lstrip(b"\0\t\n\f\r ").startswith(b"%PDF-") else ""


def _riff(head: bytes) -> str:
    return _RIFF.get(head[8:12], "") if head.startswith(b"RIFF") else ""


def _mp4(head: bytes) -> str:
    """Detect the MP4 family, whose first box lists its brands."""
    if head[4:8] in (b"moov", b"mdat", b"wide") and head[:1] == b"\0":
        return "video/quicktime"
    if head[4:8] != b"ftyp":
        return ""
    major, others = head[8:12], head[16 : min(int.from_bytes(head[:4]), 256)]
    compatible = [others[at : at + 4] for at in range(0, len(others), 4)]
    if major in (b"mif1", b"msf1") and (b"avif" in compatible or b"avis" in compatible):
        return "image/avif"
    if major.startswith((b"3gp", b"3g2")):
        return "video/3gpp"
    return next((media_type for media_type, brands in _BRANDS.items() if major in brands), "application/mp4")


def _matroska(head: bytes) -> str:
    if not head.startswith(b"\x1a\x45\xdf\xa3"):
        return ""
    return "video/webm" if b"\x42\x82\x84webm" in head[:64] else "video/x-matroska"


def _ogg(head: bytes) -> str:
    if not head.startswith(b"OggS\0"):
        return ""
    return "video/ogg" if b"\x80theora" in head[:512] else "audio/ogg"


def _zip(head: bytes) -> str:
    """Detect office documents by the file names in the first bytes, without unpacking anything."""
    if not head.startswith(b"PK\3\4"):
        return ""
    if declared := _DECLARED.match(head, 30):
        return declared.group(1).decode()
    for entry in _ENTRY.finditer(head):
        name = head[entry.end() : entry.end() + int.from_bytes(entry.group(1), "little")]
        for beginning, media_type in _ARCHIVED:
            if name.startswith(beginning):
                return media_type
    return "application/zip"


def _mp3_or_aac(head: bytes) -> str:
    """Detect MP3 and AAC. They have no signature, so the file must start with two consecutive frames."""
    if head.startswith(b"ID3") and len(head) >= 10 and head[3] < 5 and max(head[6:10]) < 128:
        return "audio/mpeg"
    if len(head) < 7 or head[0] != 0xFF:
        return ""
    if head[1] & 0xF6 == 0xF0:
        length = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
        return "audio/aac" if length > 7 and head[length : length + 2] == head[:2] else ""
    length = _mp3_frame(head)
    return "audio/mpeg" if length and head[length : length + 2] == head[:2] else ""


def _mp3_frame(head: bytes) -> int:
    """Return the length of the layer III frame at the start, or 0 if there is none."""
    version, rate, bitrate = head[1] >> 3 & 3, head[2] >> 2 & 3, head[2] >> 4
    if head[1] & 0xE6 != 0xE2 or version == 1 or rate == 3 or bitrate in (0, 15):
        return 0
    samples = 144_000 if version == 3 else 72_000
    return samples * _MP3_BITRATES[3 if version == 3 else 2][bitrate] // _MP3_RATES[version][rate] + (head[2] >> 1 & 1)


def _bmp(head: bytes) -> str:
    known = (12, 40, 52, 56, 64, 108, 124)  # sizes of the second header
    return "image/bmp" if head.startswith(b"BM") and int.from_bytes(head[14:18], "little") in known else ""


def _dos_program(head: bytes) -> str:
    """Detect DOS and Windows programs. Their two-letter signature alone could also be the start of a text."""
    if not head.startswith(b"MZ") or len(head) < 64 or b"\0" not in head[:64]:
        return ""
    (offset,) = struct.unpack_from("<I", head, 60)
    is_portable = head[offset : offset + 2] == b"PE"
    return "application/vnd.microsoft.portable-executable" if is_portable else "application/x-dosexec"


def _tar(head: bytes) -> str:
    return "application/x-tar" if head[257:262] == b"ustar" else ""


_DETECTORS: tuple[Callable[[bytes], str], ...]
_DETECTORS = (_pdf, _riff, _mp4, _matroska, _ogg, _zip, _mp3_or_aac, _bmp, _dos_program, _tar)
