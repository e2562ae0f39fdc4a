"""Texts whose words are as frequent as in a language, and queries of every kind for them."""

import random
from itertools import accumulate
from typing import NamedTuple

SYLLABLES = [first + vowel + last for first in "bcdfghklmnprstvz" for vowel in "aeiou" for last in ("", "n", "r", "s")]
CHINESE = [chr(0x4E00 + number) for number in range(3_000)]
NUMBER = 60_000  # words


def _words() -> list[str]:
    """Return words, the commonest first. These are also the shortest."""
    rng = random.Random(1)  # noqa: S311  not for secrets
    found: dict[str, None] = {}
    while len(found) < NUMBER:
        length = 1 + min(3, len(found) // 150)
        found["".join(rng.choices(SYLLABLES, k=rng.randint(1, length) + (len(found) > 5_000)))] = None
    return list(found)


WORDS = _words()
_FREQUENCIES = list(accumulate(1 / (rank + 2) for rank in range(NUMBER)))
_CHINESE = list(accumulate(1 / (rank + 5) for rank in range(len(CHINESE))))


class Texts:
    """Random messages: most are short, some have a link or code, and a few are Chinese."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)  # noqa: S311  not for secrets

    def body(self) -> str:
        kind, length = self._rng.random(), min(200, 1 + int(self._rng.expovariate(1 / 12)))
        if kind < 0.03:
            return "".join(self._rng.choices(CHINESE, cum_weights=_CHINESE, k=length))
        text = " ".join(self._rng.choices(WORDS, cum_weights=_FREQUENCIES, k=length))
        if kind < 0.08:
            return f"{text} https://example.com/{self._rng.randrange(10_000)}"
        return f"{text} `{self._rng.choice(WORDS)}`" if kind < 0.12 else text


class Search(NamedTuple):
    query: str
    order: str = "newest"


def searches() -> list[Search]:
    """Return queries of every kind, also for the commonest and the rarest words."""
    the, of, common, usual, seldom, rare = (WORDS[rank] for rank in (0, 1, 20, 300, 5_000, 50_000))
    queries = [
        *(the, f"{the} {of}", f"{the} {rare}", usual, f"{usual} {seldom}", seldom, rare, f"{rare} {WORDS[-1]}"),
        *(seldom[:3], seldom[:2], rare[:5], f"*{seldom[1:4]}*", f"*{rare[2:6]}*"),
        *(f'"{the} {of}"', f'"{common} {usual}"', f'"{WORDS[2]} {WORDS[3]} {WORDS[4]} {WORDS[5]}"'),
        *(f"{the} -{of}", f"-{the}", f"from:person3 {the}", "from:me", f'in:"Room 3" {usual}', f"has:link {the}"),
        *("has:code is:reply", "is:unread", f"{common} before:2025-03", f"{usual} after:2026-10 from:person5"),
        *("absentword", CHINESE[200] + CHINESE[3], CHINESE[40]),
    ]
    return [*map(Search, queries), Search(the, "best")]
