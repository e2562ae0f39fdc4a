"""Differences between two texts, and the time that they take."""

import random
from itertools import pairwise
from time import process_time

import pytest

from messaging.history.word_diff import MAX_WORDS, Kind, compare

SAME, ADDED, REMOVED = Kind.SAME, Kind.ADDED, Kind.REMOVED


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("Same", "Same", [(SAME, "Same")]),
        ("", "New", [(ADDED, "New")]),
        ("Gone", "", [(REMOVED, "Gone")]),
        ("", "", []),
        (
            "Meet at three, Ana",
            "Meet at four, Ana",
            [(SAME, "Meet at "), (REMOVED, "three"), (ADDED, "four"), (SAME, ", Ana")],
        ),
        ("Hello", "Hello there", [(SAME, "Hello"), (ADDED, " there")]),
        ("Grüße", "Grüsse", [(REMOVED, "Grüße"), (ADDED, "Grüsse")]),
        ("one two", "one\ntwo", [(SAME, "one"), (REMOVED, " "), (ADDED, "\n"), (SAME, "two")]),
    ],
)
def test_words_are_compared(old, new, expected):
    assert compare(old, new) == expected


@pytest.mark.parametrize("seed", range(50))
def test_both_texts_can_be_read_from_the_parts(seed):
    chance = random.Random(seed)
    old, new = ("".join(chance.choices("ab \n.,ü", k=chance.randrange(60))) for _ in range(2))
    parts = compare(old, new)
    assert "".join(part.text for part in parts if part.kind != REMOVED) == new
    assert "".join(part.text for part in parts if part.kind != ADDED) == old


def test_one_changed_word_in_the_longest_message_is_found():
    words = ["word"] * 1_500
    old, new = " ".join(words), " ".join([*words[:700], "other", *words[701:]])
    assert [part for part in compare(old, new) if part.kind != SAME] == [(REMOVED, "word"), (ADDED, "other")]


def test_texts_with_too_many_changes_are_replaced():
    old, new = "a" + "!" * MAX_WORDS + "b", "c" + "?" * MAX_WORDS + "d"
    assert compare(old, new) == [(REMOVED, old), (ADDED, new)]


@pytest.mark.parametrize("alphabet", [2, 6, 20, 60, 150, 300])
def test_hostile_texts_take_little_time(alphabet):
    """Ten comparisons, as on a page. Texts of a few characters that are often repeated are the slowest for difflib."""
    chance = random.Random(alphabet)
    signs = [chr(0x2190 + n) for n in range(alphabet)]
    texts = ["".join(chance.choices(signs, k=MAX_WORDS)) for _ in range(11)]
    start = process_time()
    for old, new in pairwise(texts):
        compare(old, new)
    assert process_time() - start < 1  # 0.1 s on the benchmark machine
