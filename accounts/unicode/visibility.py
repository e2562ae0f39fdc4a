"""Detects and removes characters that are invisible or drawn over other text."""

import regex

MAX_MARKS = 4  # on one letter, as UTS #39 recommends. No orthography needs more.

# The last two are symbols whose glyphs are empty: a Braille cell without dots and a notehead without ink.
_INVISIBLE = r"\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800\U0001D159"
_VISIBLE = rf"[^{_INVISIBLE}\p{{Z}}]"
# Joiners connect the letters of Persian words and the parts of an emoji, and variation selectors choose a glyph. They
# only act after a visible character. Tags turn a black flag into that of England, Scotland or Wales.
_FLAG_TAGS = "|".join("".join(chr(0xE0000 + ord(char)) for char in f"gb{part}\x7f") for part in ("eng", "sct", "wls"))
_ACTING = regex.compile(
    rf"(?<={_VISIBLE})(?:\p{{Variation_Selector}}[\u200c\u200d]?|[\u200c\u200d])|(?<=\U0001F3F4)(?:{_FLAG_TAGS})"
)
_HIDDEN = regex.compile(rf"[{_INVISIBLE}]")
_BASE = regex.compile(rf"[^{_INVISIBLE}\p{{Z}}\p{{M}}]")
_TOO_MANY_MARKS = regex.compile(rf"([\p{{Mn}}\p{{Me}}]{{{MAX_MARKS}}})[\p{{Mn}}\p{{Me}}]+")


def is_blank(text: str) -> bool:
    """Return whether the text contains no letter, number, punctuation or symbol."""
    return not _BASE.search(text)


def has_hidden(text: str) -> bool:
    """Return whether the text contains control characters, or invisible ones without effect on others."""
    return bool(_HIDDEN.search(_ACTING.sub("", text)))


def has_stacked_marks(text: str) -> bool:
    """Return whether a letter has more than MAX_MARKS marks, which would be drawn over the adjacent lines."""
    return bool(_TOO_MANY_MARKS.search(_ACTING.sub("", text)))


def cleaned(text: str) -> str:
    """Return the text without hidden characters, and with at most MAX_MARKS marks on a letter."""
    kept = []
    end = 0
    for acting in _ACTING.finditer(text):
        kept += [_HIDDEN.sub("", text[end : acting.start()]), acting.group()]
        end = acting.end()
    kept.append(_HIDDEN.sub("", text[end:]))
    return _TOO_MANY_MARKS.sub(r"\1", "".join(kept))
