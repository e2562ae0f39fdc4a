"""Tokens of messages and queries."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.search.tokens import MAX_LENGTH, fold, is_vocabulary, runs, tokenize


def tokens(text: str) -> list[str]:
    return tokenize(text, 1_000)[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Résumé don't CAN’T", ["resume", "dont", "cant"]),
        ("snake_case foo.bar v2.1 #12", ["snake", "case", "foo", "bar", "v2", "1", "12"]),
        ("Straße ŁUKASZ Ωμέγα Ёлка", ["strasse", "lukasz", "ωμεγα", "елка"]),
        ("हिन्दी भाषा", ["हिन्दी", "भाषा"]),
        ("مُحَمَّد", ["محمد"]),
        ("東京都", ["東京", "京都", "都"]),
        ("회의를", ["회의", "의를", "를"]),
        ("ABC中文def", ["abc", "中文", "文", "def"]),
        ("🎉 hi", ["🎉", "hi"]),
        ("!?…", []),
    ],
)
def test_text_is_split_into_folded_words_and_pairs(text, expected):
    assert tokens(text) == expected


def test_composed_and_decomposed_text_have_the_same_tokens():
    assert tokens("e\u0301te\u0301") == tokens("été") == ["ete"]
    assert tokens("ｶﾞ") == tokens("カ\u3099") == tokens("ガ") == ["ガ"]


def test_voicing_marks_of_kana_are_kept():
    assert tokens("か") != tokens("が")


def test_single_characters_of_pairs_are_indexed_too():
    found, characters = tokenize("東京都", 100)
    assert {*found, *characters} >= {"東", "京", "都"}


def test_long_words_are_cut_and_the_number_of_tokens_is_limited():
    assert tokens("a" * 100) == ["a" * MAX_LENGTH]
    assert len(tokenize("word " * 100, 10)[0]) == 10
    assert len(tokenize("漢字" * 100, 10)[0]) == 10


@pytest.mark.parametrize(
    ("token", "expected"),
    [("deploy", True), ("ab", False), ("2026", False), ("v210", True), ("3f2a81c9", False), ("x" * 33, False)],
)
def test_random_ids_are_not_part_of_the_vocabulary(token, expected):
    assert is_vocabulary(token) == expected


@given(st.text())
def test_any_text_has_tokens_without_spaces_or_marks_of_the_index(text):
    found, characters = tokenize(text, 10_000)
    for token in (*found, *characters):
        assert token and not set(token) & set(" :|'\"\\*()&!<>")
    assert [token for run in runs(text) for token in run.tokens] == found


@given(st.text())
def test_folding_twice_changes_nothing(text):
    assert fold(fold(text)) == fold(text)
