"""Splits text into tokens, in the same way for messages and queries and on both databases.

Words are folded, so that 'resume' finds 'Résumé'. Scripts that are written without spaces between words, or that add
endings to them as Korean does, are split into pairs of characters: '東京都' becomes '東京', '京都', '都'.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

import regex

from accounts.unicode.folding import APOSTROPHES, LETTERS

VERSION = 1  # of the tokens; the index is rebuilt when it changes
MAX_LENGTH = 40  # characters of a token; longer words are found by their beginning

# Katakana's long vowel mark belongs to the script Common.
_PAIRED_SCRIPTS = (
    r"\p{Han}\p{Hiragana}\p{Katakana}\u30fc\p{Hangul}\p{Bopomofo}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}"
)
_PAIRED = rf"[{_PAIRED_SCRIPTS}](?:[{_PAIRED_SCRIPTS}]|(?<=[{_PAIRED_SCRIPTS}])\p{{M}})*"
_HAS_PAIRED = regex.compile(rf"[{_PAIRED_SCRIPTS}]")
RUN = rf"{_PAIRED}|(?:(?![{_PAIRED_SCRIPTS}])[\p{{L}}\p{{M}}\p{{N}}])+|\p{{Extended_Pictographic}}"
_RUNS = regex.compile(RUN)
# In bytes, because splitting ASCII in this way takes a quarter of the time of a regular expression.
_TO_ASCII_WORDS = bytes(
    ord(chr(byte).lower()) if chr(byte).isascii() and chr(byte).isalnum() else 32 for byte in range(256)
)
# Accents and vowel points that readers leave out: of Latin, Greek and Cyrillic, Hebrew and Arabic, with its long dash.
# Marks of other scripts are letters in their own right, such as the vowels of Devanagari or the voicing of kana.
_ACCENTS = re.compile("[\u0300-\u036f\u0591-\u05bd\u05bf-\u05c7\u0640\u064b-\u065f\u0670\ufe00-\ufe0f\u200b-\u200d]+")
# Each of these two would become up to 18 letters, and make folding a message take 20 ms.
_LIGATURES = {0xFDFA: " ", 0xFDFB: " "}


class Run(NamedTuple):
    """Characters without a separator, folded: a word, an emoji, or text of a script that is split into pairs."""

    text: str
    is_paired: bool

    @property
    def tokens(self) -> list[str]:
        """The tokens in order. A phrase of them finds the run."""
        if not self.is_paired:
            return [self.text[:MAX_LENGTH]]
        return [self.text[start : start + 2] for start in range(len(self.text))]

    @property
    def pairs(self) -> list[str]:
        """The tokens that find the run inside another. The last single character wouldn't."""
        return self.tokens[:-1] if self.is_paired and len(self.text) > 1 else self.tokens


def fold(text: str) -> str:
    """Return the text in lower case and without accents. Other characters remain, with their marks."""
    if text.isascii():
        return text.lower().replace("'", "").replace("`", "")
    text = unicodedata.normalize("NFKD", APOSTROPHES.sub("", text.translate(_LIGATURES))).casefold()
    text = _ACCENTS.sub("", unicodedata.normalize("NFKD", text)).translate(LETTERS)
    return unicodedata.normalize("NFC", text)


def runs(text: str) -> Iterator[Run]:
    """Yield the runs of a text."""
    folded = fold(text)
    if folded.isascii():
        for word in _ascii_words(folded):
            yield Run(word, is_paired=False)
        return
    for found in _RUNS.finditer(folded):
        yield Run(found[0], is_paired=is_paired(found[0]))


def tokenize(text: str, limit: int) -> tuple[list[str], set[str]]:
    """Return up to `limit` tokens of a text in order, and the single characters of its pairs that aren't among them."""
    folded = text if text.isascii() else fold(text)
    if folded.isascii():
        words = _ascii_words(folded)[:limit]
        if len(max(words, key=len, default="")) > MAX_LENGTH:
            words = [word[:MAX_LENGTH] for word in words]
        return words, set()
    tokens: list[str] = []
    characters: set[str] = set()
    for found in _RUNS.finditer(folded):
        run = Run(found[0], is_paired=is_paired(found[0]))
        tokens += run.tokens
        if run.is_paired:
            characters.update(run.text[:-1])
        if len(tokens) >= limit:
            break
    return tokens[:limit], characters


def _ascii_words(text: str) -> list[str]:
    """Split ASCII text into words, in lower case and without the characters that `fold` removes."""
    return text.encode().translate(_TO_ASCII_WORDS, b"'`").decode().split()


def is_paired(text: str) -> bool:
    """Return whether a text begins with a script that is split into pairs."""
    return _HAS_PAIRED.match(text) is not None


def is_vocabulary(token: str) -> bool:
    """Return whether a token is a word that can be found by a part of it. Numbers and random ids can't.

    They would make up most of the list of words, in which parts are looked up.
    """
    return 3 <= len(token) <= 32 and (token.isalpha() or sum(map(str.isdigit, token)) <= 3) and not token.isdigit()
