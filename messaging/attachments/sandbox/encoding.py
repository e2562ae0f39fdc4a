"""Detects the encoding of text files."""

import re
from collections.abc import Collection

import regex
from chardet import detect_all

HEAD = 65_536  # bytes inspected

_BOMS = (  # longest first, because UTF-32's BOM starts with UTF-16's
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
    (b"\xef\xbb\xbf", "utf-8-sig"),
)
_WITH_NULS = ("utf-16-le", "utf-16-be")
_WESTERN = "cp1252"
_LEGACY = (  # as chardet names them
    *(_WESTERN, "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258", "iso8859-2"),
    *("iso8859-7", "koi8-r", "koi8-u", "cp866", "tis-620", "cp932", "euc_jis_2004", "gb18030", "big5hkscs", "cp949"),
)
# A few words are often about as likely in two encodings. The most common one is then the better guess.
_WESTERN_ADVANTAGE = 0.8
# Isolated signs such as ©, ° and quotation marks, which are the same in nearly all Windows encodings.
_SIGNS = re.compile(
    rb"(?:[\0-\x7f]|[\x80\x82\x84\x85\x8b\x91-\x97\x99\x9b\xa0\xa7\xa9\xab\xad\xae\xb0\xb5\xb7\xbb](?![\x80-\xff]))*"
)
_OTHER_ALPHABETS = r"\p{Arabic}\p{Cyrillic}\p{Greek}\p{Hebrew}\p{Thai}"
# Words in two alphabets, and code points that are unassigned, private or controls.
_IMPLAUSIBLE = regex.compile(
    rf"\p{{Latin}}[{_OTHER_ALPHABETS}]|[{_OTHER_ALPHABETS}]\p{{Latin}}|[\p{{Unassigned}}\p{{Private_Use}}\x80-\x9f]"
)


def encoding_of(head: bytes) -> str:
    """Return the encoding of the BOM, UTF-8 if valid, the most likely other encoding, or "" for binary data."""
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            return encoding
    if b"\0" in head:
        return _most_likely(head, _WITH_NULS)
    if _is_utf8(head):
        return "utf-8"
    if _SIGNS.fullmatch(head):
        return _WESTERN
    whole_lines = head[: head.rfind(b"\n") + 1] or head  # a truncated character would rule out the correct encoding
    return _most_likely(whole_lines, _LEGACY)


def _is_utf8(head: bytes) -> bool:
    try:
        head.decode()
    except UnicodeDecodeError as error:
        return len(head) == HEAD and error.start > HEAD - 4 and error.reason == "unexpected end of data"
    return True


def _most_likely(head: bytes, encodings: Collection[str]) -> str:
    candidates = (*encodings, _WESTERN)  # which chardet returns if nothing fits
    found = detect_all(head, ignore_threshold=True, compat_names=False, include_encodings=candidates)
    confidences: dict[str, float] = {}
    for each in found:
        name = each["encoding"] or ""
        if name in encodings and not _IMPLAUSIBLE.search(head.decode(name, "replace")):
            confidences[name] = each["confidence"]
    best = max(confidences, key=confidences.__getitem__, default="")
    if best and confidences.get(_WESTERN, 0) >= confidences[best] * _WESTERN_ADVANTAGE:
        return _WESTERN
    return best
