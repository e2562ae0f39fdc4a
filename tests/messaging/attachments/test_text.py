"""Rendering of text files: lines, previews and highlighting."""

import html
import io
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.attachments.sandbox import text as renderer
from messaging.attachments.sandbox.verification import is_safe_markup
from tests.hostile_files import UnclosableBytesIO, short_id


def render(content: bytes, name: str = "notes.txt"):
    text = UnclosableBytesIO()
    result = renderer.render(io.BytesIO(content), name, {"text": text})
    return result, text.getvalue().decode()


def text_of(markup: str) -> str:
    return html.unescape(re.sub("<[^>]*>", "", markup))


@pytest.mark.parametrize(
    "content",
    [
        b"text and then\0 a NUL",
        "no BOM, \ue000\n".encode("utf-16-le"),  # a private character
        bytes(range(256)) * 4,
        b"\x01\x02\x03\x04" * 50,
        b"\xff\xfe\x00\xd8\x00\xd8",  # halves of characters
        b"a" * 70_000 + b"\xc3",  # cut off within the last character
        b"a" * 70_000 + b"\0",
        b"a" * 70_000 + b"\xff\xff",
    ],
    ids=short_id,
)
def test_binary_data_is_not_text(content):
    result, rendition = render(content)
    assert (result.kind, result.preview, result.lines, rendition) == ("other", "", None, "")


def test_detection_may_end_within_a_character():
    for shift in range(4):
        result, _ = render(b"x" * (renderer.HEAD - shift) + "👋".encode() * 5)
        assert result.kind == "text"


@pytest.mark.parametrize(
    ("content", "lines"),
    [(b"", 0), (b"a", 1), (b"a\n", 1), (b"a\nb", 2), (b"\n\n", 2), (b"a\r\nb\rc\n", 3), (b"\r\n" * 300_000, 300_000)],
    ids=short_id,
)
def test_lines_may_have_any_line_end(content, lines):
    result, rendition = render(content)
    assert result.lines == lines == rendition.count("\n")


def test_preview_has_twenty_lines_and_cuts_long_ones():
    result, _ = render(b"".join(b"%d %s\n" % (number, b"x" * 300 * (number == 3)) for number in range(40)))
    lines = result.preview.split("\n")
    assert len(lines) == 20
    assert lines[3] == "3 " + "x" * 198 + "…"
    assert lines[19] == "19 "


@pytest.mark.parametrize(
    "content", [b"<" * 9000, b"&\n" * 9000, b"<&>" * 100 + b"\n", (b"<&>" * 90 + b"\n") * 90], ids=short_id
)
@pytest.mark.parametrize("name", ["x.txt", "x.html", "x.py", "x.c"])
def test_preview_is_short_however_much_is_escaped(content, name):
    result, _ = render(content, name)
    assert 0 < len(result.preview) <= 4096
    assert is_safe_markup(result.preview)


def test_code_is_highlighted_by_its_name_or_its_first_line():
    assert '<span class="kn">import</span>' in render(b"import os\n", "a.py")[0].preview
    assert '<span class="kn">import</span>' in render(b"#!/usr/bin/env python3\nimport os\n", "tool")[1]
    assert "<span" not in render(b"import os\n", "a.txt")[1]
    assert "<span" not in render(b"import os\n", "tool")[1]


def test_each_line_is_self_contained_html():
    _, rendition = render(b'"""A long\n<b>string</b>\n\nover & lines.\n"""\nx = 1 # <i>\n', "a.py")
    lines = rendition.split("\n")
    assert lines[1] == '<span class="sd">&lt;b&gt;string&lt;/b&gt;</span>'
    assert all(is_safe_markup(line) and line.count("<span ") == line.count("</span>") for line in lines)


HOSTILE = [
    "<script>alert(1)</script>",
    '<svg onload="alert(1)"><!--',
    "</span></pre><img src=x onerror=alert(1)>",
    "&lt;script&gt;",
    "'\"><b onmouseover=alert(1)>",
    "\x1b]0;title\x07\x08\x7f\x9b",
]


@pytest.mark.parametrize("content", HOSTILE, ids=short_id)
@pytest.mark.parametrize("name", ["x.txt", "x.html", "x.svg", "x.js", "x.php", "x.md", "x.py", "x.xml", "x.css"])
def test_hostile_text_becomes_text_and_spans_only(content, name):
    result, rendition = render(content.encode(), name)
    assert is_safe_markup(result.preview)
    assert is_safe_markup(rendition)
    assert set(re.findall("<[^>]*>", rendition)) <= {"</span>", *re.findall('<span class="[a-z0-9]+">', rendition)}


@given(
    text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=300),
    name=st.sampled_from(["a.py", "a.html", "a.sh", "a.c", "a.md", "a.json", "a.yaml", "a.txt", "Makefile", "a.diff"]),
)
def test_any_text_keeps_its_lines_and_is_safe_markup(text, name):
    result, rendition = render(text.encode(), name)
    if result.kind == "text":
        assert is_safe_markup(rendition)
        assert is_safe_markup(result.preview)
        assert rendition.count("\n") == result.lines


def test_invisible_characters_are_replaced():
    _, rendition = render("a\tb\x07 \u202edesrever \u2066 \x0c \u2028|".encode())
    assert rendition == "a\tb\ufffd \ufffddesrever \ufffd \ufffd \ufffd|\n"


def test_line_may_have_two_megabytes():
    result, rendition = render(b"x" * 2_000_000, "bundle.min.js")
    assert result.preview == "x" * 200 + "…"
    assert rendition == "x" * 2_000_000 + "\n"
    assert result.lines == 1


def test_long_text_has_a_preview_and_line_count_only():
    result, rendition = render(b"<line>\n" * 400_000, "a.log")
    assert (result.lines, result.renditions, rendition) == (400_000, [], "")
    assert result.preview.startswith("&lt;line&gt;\n")


def test_slow_highlighting_falls_back_to_plain_text(monkeypatch):
    monkeypatch.setattr(renderer, "HIGHLIGHT_SECONDS", 0.3)
    content = "class Quick {}\n" + "a " * 60_000  # at each word, the lexer looks for the end of a declaration
    started = time.process_time()
    result, rendition = render(content.encode(), "Slow.java")
    assert time.process_time() - started < 2
    assert rendition == content + "\n"
    assert result.preview.startswith('<span class="kd">class</span>')


@pytest.mark.parametrize("fault", [RecursionError, IndexError])
def test_failing_lexer_falls_back_to_plain_text(monkeypatch, fault):
    def fail(*_arguments):
        raise fault

    monkeypatch.setattr("pygments.lexers.PythonLexer.get_tokens", fail)
    assert render(b"import os\n", "a.py")[1] == "import os\n"
