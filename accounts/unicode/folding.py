"""Folds text for searching, so that 'Jose' finds 'José' and 'lukasz' finds 'Łukasz'."""

import unicodedata

import regex

MAX_LENGTH = 128  # a username and a display name are shorter, even after folding, unless they consist of ligatures

APOSTROPHES = regex.compile(r"['’ʼ`´]")
_SEPARATORS = regex.compile(r"[^\p{L}\p{M}\p{N}]+")
_MARKS = regex.compile(r"\p{Mn}+")
# Letters with a stroke, and others that normalization doesn't decompose.
LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "ı": "i", "æ": "ae", "œ": "oe"})
# Words start after a space and, in scripts that are written without spaces, with every character. Normalized Hangul
# syllables start with a leading consonant.
_WORD_STARTS = regex.compile(r"(?<![^ ])\S|[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}ᄀ-ᄒ]")


def fold(text: str) -> str:
    """Return the text in lower case, without accents, and with single spaces in place of punctuation."""
    text = unicodedata.normalize("NFKD", APOSTROPHES.sub("", text[:MAX_LENGTH])).casefold()
    text = _MARKS.sub("", unicodedata.normalize("NFKD", text)).translate(LETTERS)
    return _SEPARATORS.sub(" ", text).strip()[:MAX_LENGTH].rstrip()


def word_starts(folded: str) -> list[int]:
    """Return the positions in a folded text at which a search finds it."""
    return [match.start() for match in _WORD_STARTS.finditer(folded)]
