"""Long Markdown is split into messages without breaking code blocks, and cut when there are too many."""

from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.incoming.splitting import CUT, MAX_PARTS, split

SIZE = 100


def test_short_text_is_one_part():
    assert split("One\n\nTwo", SIZE) == ["One\n\nTwo"]


def test_parts_end_with_whole_lines():
    text = "\n".join(f"line {n} of the text" for n in range(10))
    assert "\n".join(split(text, SIZE)) == text


def test_long_lines_are_broken_at_a_space():
    parts = split("word " * 30, SIZE)
    assert "\n".join(parts).split() == ["word"] * 30


def test_code_blocks_are_continued():
    first, second, *_ = split("```python\n" + "x = 1\n" * 30 + "```", SIZE)
    assert first.startswith("```python\n")
    assert first.endswith("x = 1\n```")
    assert second.startswith("```python\nx = 1\n")


def test_what_is_too_long_is_cut():
    parts = split("a line\n" * 1_000, SIZE)
    assert len(parts) == MAX_PARTS
    assert parts[-1].endswith(CUT)


@settings(deadline=None)
@given(st.text(alphabet="`~ab \n", max_size=2_000))
def test_parts_never_exceed_the_size(text):
    parts = split(text, SIZE)
    assert len(parts) <= MAX_PARTS
    assert all(0 < len(part) <= SIZE for part in parts)
