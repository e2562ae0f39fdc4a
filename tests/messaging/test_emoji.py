"""Test which texts count as an emoji."""

import re

import pytest

from messaging.emoji import canonical, is_emoji
from tests.checkout import ROOT

BROWSER = ROOT / "static/vendor/emojibase/emoji.js"


@pytest.mark.parametrize(
    "emoji",
    [
        "👍",
        "👍🏽",
        "❤️",
        "🇩🇪",
        "#️⃣",
        "🏴󠁧󠁢󠁷󠁬󠁳󠁿",  # Wales
        "👨‍👩‍👧",
        "🏳️‍🌈",
        "👩🏿‍❤️‍💋‍👨🏻",
        "🫱🏻‍🫲🏿",
        "🫩",
    ],
)
def test_emoji_are_their_own_canonical_form(emoji):
    assert canonical(emoji) == emoji
    assert is_emoji(emoji)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [("❤", "❤️"), ("#⃣", "#️⃣"), ("🏳‍🌈", "🏳️‍🌈"), ("✋️", "✋"), ("👩‍❤‍👨", "👩‍❤️‍👨"), ("🕵🏽‍♀", "🕵🏽‍♀️")],
)
def test_minimally_qualified_emoji_are_completed(typed, expected):
    assert canonical(typed) == expected


@pytest.mark.parametrize(
    "text",
    [
        *("", "a", "1", "#", ":)", ":tada:", " 👍", "👍 ", "👍👍", "👍\n", "\ufe0f", "\u200d"),
        *("❤︎", "🏽", "🇩", "🇽🇽", "🦰", "👍‍👍", "👨‍👩", "👍🏽🏽", "😀🏽", "👍" + "\ufe0f" * 100),
    ],
)
def test_other_texts_are_not_emoji(text):
    assert canonical(text) is None
    assert not is_emoji(text)


def test_every_emoji_of_the_picker_is_accepted():
    offered = re.findall(r'\[{1,2}"([^"]+)","', BROWSER.read_text())
    assert len(offered) > 1900
    assert [emoji for emoji in offered if canonical(emoji) != emoji] == []
