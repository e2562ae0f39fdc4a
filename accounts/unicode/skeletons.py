"""Compares names by their appearance."""

import unicodedata

import regex

from accounts.unicode.tables import prototypes

_IGNORABLE = regex.compile(r"\p{Default_Ignorable_Code_Point}+")


def skeleton(text: str) -> str:
    """Return a form that is equal for texts that look alike in any case.

    This is the skeleton of UTS #39, computed before and after case folding: 'Ivan' looks like 'lvan', and 'ɑna' looks
    like 'ana', which is the same name as 'Ana'.
    """
    return _skeleton(_skeleton(text).casefold())


def _skeleton(text: str) -> str:
    visible = _IGNORABLE.sub("", unicodedata.normalize("NFD", text))
    return unicodedata.normalize("NFD", visible.translate(prototypes()))
