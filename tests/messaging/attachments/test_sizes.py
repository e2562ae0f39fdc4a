"""Sizes look the same on pages and in the chat: tests/js/format.test.js reads the same table."""

import json

import pytest
from django.utils import translation

from messaging.attachments.sizes import format_size
from tests.checkout import ROOT

SIZES = json.loads((ROOT / "tests/sizes.json").read_text())


@pytest.mark.parametrize(("size", "text"), SIZES)
def test_size_has_three_significant_digits(size, text):
    assert format_size(size) == text


def test_numbers_are_in_the_active_language():
    with translation.override("de"):
        assert format_size(1_250_000) == "1,25 MB"
