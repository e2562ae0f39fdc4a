"""Finds web and email addresses in text."""

import re
from collections.abc import Iterator

from linkify_it import LinkifyIt
from linkify_it.main import Match

MAX_ADDRESS = 2_048  # characters; longer words are not links

# Like a space, full-width punctuation ends an address: text in such scripts has no spaces around addresses. So does the
# end of a spoiler.
_WORD = re.compile(r"(?:(?!\|\|)[^\s<>\"\u3000-\u303f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff3d\uff5b-\uff65])+")
_CANDIDATE = re.compile(r"://|@|\bwww\.|mailto:", re.IGNORECASE)
_WWW = re.compile(r"\W*www\.", re.IGNORECASE)

# Only URLs with a scheme, names with www. and email addresses become links, unlike 'main.py' and 'a.b'.
_finder = LinkifyIt(options={"fuzzy_link": False, "fuzzy_email": True, "fuzzy_ip": False})
_finder.add("//", None)
_finder.tlds(r"[a-z\u00a1-\uffff]{2,63}", keep_old=True)  # includes future top-level domains


def count_searches(text: str) -> tuple[int, int]:
    """Return the number of searches for an address, and the number of characters that they read."""
    if not _CANDIDATE.search(text):
        return 0, 0
    words = [(len(_CANDIDATE.findall(word[0])), len(word[0])) for word in _WORD.finditer(text)]
    searched = [(count, length) for count, length in words if length <= MAX_ADDRESS]
    return sum(count for count, _ in searched), sum(count * length for count, length in searched)


def length_of_word(text: str, start: int) -> int:
    """Return the number of characters that `match_at_start` reads from `start`."""
    word = _WORD.match(text, start, start + MAX_ADDRESS)
    return len(word[0]) if word else 0


class LinkFinder:
    """Applies LinkifyIt to each word, because its patterns take quadratic time for long text without spaces."""

    def pretest(self, text: str) -> bool:
        return _CANDIDATE.search(text) is not None

    test = pretest

    def match(self, text: str) -> list[Match]:
        return [match for word in _WORD.finditer(text) for match in _matches_in(word[0], word.start())]

    def match_at_start(self, text: str) -> Match | None:
        word = _WORD.match(text[: MAX_ADDRESS + 1])
        return _finder.match_at_start(word[0]) if word and len(word[0]) <= MAX_ADDRESS else None


def _matches_in(word: str, start: int) -> Iterator[Match]:
    if len(word) > MAX_ADDRESS or not _CANDIDATE.search(word):
        return
    if www := _WWW.match(word):
        at = www.end() - len("www.")
        if match := _finder.match_at_start(f"http://{word[at:]}"):
            length = len(match.raw) - len("http://")
            match.schema, match.raw, match.text = "", match.raw[-length:], match.text[-length:]
            match.url = f"https://{match.raw}"
            match.index, match.last_index = start + at, start + at + length
            yield match
        return
    for match in _finder.match(word) or ():
        match.index += start
        match.last_index += start
        yield match
