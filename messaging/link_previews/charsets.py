"""Decodes web pages in the character sets that browsers know."""

import codecs
import re

HEAD = 1_024  # bytes in which a page can name its character set

_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_IN_HEADER = re.compile(r"charset\s*=\s*[\"']?([\w:.-]{1,40})", re.IGNORECASE)
_IN_META = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?([\w:.-]{1,40})", re.IGNORECASE)
# By Python's names. It has more, and decoding some of these, such as punycode, takes quadratic time.
_ALLOWED = frozenset(
    "utf-8 utf-16 utf-16-le utf-16-be cp866 iso8859-2 iso8859-3 iso8859-4 iso8859-5 iso8859-6 iso8859-7 iso8859-8 "
    "iso8859-10 iso8859-13 iso8859-14 iso8859-15 iso8859-16 koi8-r koi8-u mac-roman cp874 cp1250 cp1251 cp1252 cp1253 "
    "cp1254 cp1255 cp1256 cp1257 cp1258 mac-cyrillic gbk gb18030 gb2312 big5 big5hkscs euc_jp iso2022_jp shift_jis "
    "cp932 euc_kr cp949 tis-620".split()
)
_WESTERN = "cp1252"  # also when a page says that it is ISO 8859-1 or ASCII


def decode_page(body: bytes, content_type: str) -> str:
    """Decode the beginning of a page: as its byte order mark, its header or the page itself says, or as UTF-8."""
    for mark, encoding in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(encoding, "replace")
    if encoding := _in_header(content_type) or _in_page(body):
        return body.decode(encoding, "replace")
    text = body.decode("utf-8", "replace")
    return body.decode(_WESTERN, "replace") if text.count("\ufffd") > 1 else text  # one may be cut off


def _in_header(content_type: str) -> str:
    found = _IN_HEADER.search(content_type)
    return _codec(found[1]) if found else ""


def _in_page(body: bytes) -> str:
    found = _IN_META.search(body, 0, HEAD)
    encoding = _codec(found[1].decode("ascii", "replace")) if found else ""
    return "utf-8" if encoding.startswith("utf-16") else encoding  # this was read as ASCII


def _codec(label: str) -> str:
    try:
        name = codecs.lookup(label).name
    except LookupError:
        return ""
    if name in ("iso8859-1", "ascii"):
        return _WESTERN
    return name if name in _ALLOWED else ""
