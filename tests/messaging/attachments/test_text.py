"""Text files: their encoding, their lines, and the HTML made of them."""

import html
import io
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.attachments.sandbox import text as renderer
from messaging.attachments.sandbox.verification import is_safe_markup
from tests.hostile_files import Kept, beginning

JAPANESE = "これは日本語のテキストファイルです。\n文字コードはシフトJISです。\n"
RUSSIAN = "Привет! Это обычный текст на русском языке.\n"


def show(content: bytes, name: str = "notes.txt"):
    text = Kept()
    answer = renderer.render(io.BytesIO(content), name, {"text": text})
    return answer, text.getvalue().decode()


def words(markup: str) -> str:
    return html.unescape(re.sub("<[^>]*>", "", markup))


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("plain\n", "ascii"),
        ("Grüße, 你好, 👋\n", "utf-8"),
        ("with a mark\n", "utf-8-sig"),
        ("zwei Bytes: ü\n", "utf-16"),
        ("vier Bytes: ü\n", "utf-32"),
        ("Grüße aus Köln, schöne Straße\n", "latin-1"),
        ("café crème à la carte, déjà vu\n", "latin-1"),
        ("it’s “quoted” – text\n", "cp1252"),
        (RUSSIAN, "cp1251"),
        (RUSSIAN, "koi8-r"),
        (JAPANESE, "shift-jis"),
        (JAPANESE, "euc-jp"),
        ("中文文本文件，编码是国标。\n你好世界\n", "gb18030"),
        ("안녕하세요 한국어 텍스트 파일입니다\n", "cp949"),
        ("Zażółć gęślą jaźń, proszę bardzo\n", "cp1250"),
    ],
)
def test_an_encoding_is_found(text, encoding):
    answer, whole = show(text.encode(encoding))
    assert answer.kind == "text"
    assert words(whole) == text
    assert answer.lines == text.count("\n")
    assert words(answer.preview) == text.rstrip("\n")


@pytest.mark.parametrize(
    "content",
    [
        b"text and then\0 a NUL",
        "no mark".encode("utf-16-le"),
        bytes(range(256)) * 4,
        b"\x01\x02\x03\x04" * 50,
        b"\xff\xfe\x00\xd8\x00\xd8",  # halves of characters
        b"a" * 70_000 + b"\xc3",  # cut off within the last character
        b"a" * 70_000 + b"\0",
        b"a" * 70_000 + b"\xff\xff",
    ],
    ids=beginning,
)
def test_what_is_no_text_is_not_shown(content):
    answer, whole = show(content)
    assert (answer.kind, answer.preview, answer.lines, whole) == ("other", "", None, "")


def test_the_end_of_what_is_looked_at_first_may_cut_a_character():
    for shift in range(4):
        answer, _ = show(b"x" * (renderer.HEAD - shift) + "👋".encode() * 5)
        assert answer.kind == "text"


@pytest.mark.parametrize(
    ("content", "lines"),
    [(b"", 0), (b"a", 1), (b"a\n", 1), (b"a\nb", 2), (b"\n\n", 2), (b"a\r\nb\rc\n", 3), (b"\r\n" * 300_000, 300_000)],
    ids=beginning,
)
def test_lines_are_counted_by_any_of_their_ends(content, lines):
    answer, whole = show(content)
    assert answer.lines == lines == whole.count("\n")


def test_the_preview_has_twenty_lines_and_long_ones_are_cut():
    answer, _ = show(b"".join(b"%d %s\n" % (number, b"x" * 300 * (number == 3)) for number in range(40)))
    lines = answer.preview.split("\n")
    assert len(lines) == 20
    assert lines[3] == "3 " + "x" * 198 + "…"
    assert lines[19] == "19 "


@pytest.mark.parametrize(
    "content", [b"<" * 9000, b"&\n" * 9000, b"<&>" * 100 + b"\n", (b"<&>" * 90 + b"\n") * 90], ids=beginning
)
@pytest.mark.parametrize("name", ["x.txt", "x.html", "x.py", "x.c"])
def test_a_preview_stays_short_however_much_is_escaped(content, name):
    answer, _ = show(content, name)
    assert 0 < len(answer.preview) <= 4096
    assert is_safe_markup(answer.preview)


def test_code_is_highlighted_by_its_name_or_its_first_line():
    assert '<span class="kn">import</span>' in show(b"import os\n", "a.py")[0].preview
    assert '<span class="kn">import</span>' in show(b"#!/usr/bin/env python3\nimport os\n", "tool")[1]
    assert "<span" not in show(b"import os\n", "a.txt")[1]
    assert "<span" not in show(b"import os\n", "tool")[1]


def test_each_line_of_the_whole_is_html_by_itself():
    _, whole = show(b'"""A long\n<b>string</b>\n\nover & lines.\n"""\nx = 1 # <i>\n', "a.py")
    lines = whole.split("\n")
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


@pytest.mark.parametrize("content", HOSTILE, ids=beginning)
@pytest.mark.parametrize("name", ["x.txt", "x.html", "x.svg", "x.js", "x.php", "x.md", "x.py", "x.xml", "x.css"])
def test_nothing_but_text_and_spans_is_made_of_hostile_text(content, name):
    answer, whole = show(content.encode(), name)
    assert is_safe_markup(answer.preview)
    assert is_safe_markup(whole)
    assert set(re.findall("<[^>]*>", whole)) <= {"</span>", *re.findall('<span class="[a-z0-9]+">', whole)}


@given(
    text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=300),
    name=st.sampled_from(["a.py", "a.html", "a.sh", "a.c", "a.md", "a.json", "a.yaml", "a.txt", "Makefile", "a.diff"]),
)
def test_any_text_keeps_its_lines_and_is_sound(text, name):
    answer, whole = show(text.encode(), name)
    if answer.kind == "text":
        assert is_safe_markup(whole)
        assert is_safe_markup(answer.preview)
        assert whole.count("\n") == answer.lines


def test_what_is_not_seen_is_shown_as_a_sign():
    _, whole = show("a\tb\x07 \u202edesrever \u2066 \x0c \u2028|".encode())
    assert whole == "a\tb\ufffd \ufffddesrever \ufffd \ufffd \ufffd|\n"


def test_two_megabytes_in_one_line():
    answer, whole = show(b"x" * 2_000_000, "bundle.min.js")
    assert answer.preview == "x" * 200 + "…"
    assert whole == "x" * 2_000_000 + "\n"
    assert answer.lines == 1


def test_a_long_text_has_a_preview_and_its_number_of_lines_but_is_not_made_into_html():
    answer, whole = show(b"<line>\n" * 400_000, "a.log")
    assert (answer.lines, answer.renditions, whole) == (400_000, [], "")
    assert answer.preview.startswith("&lt;line&gt;\n")


def test_what_takes_a_lexer_too_long_is_shown_plain(monkeypatch):
    monkeypatch.setattr(renderer, "HIGHLIGHT_SECONDS", 0.3)
    content = "class Quick {}\n" + "a " * 60_000  # at each word the lexer looks for the end of a declaration
    began = time.process_time()
    answer, whole = show(content.encode(), "Slow.java")
    assert time.process_time() - began < 2
    assert whole == content + "\n"
    assert answer.preview.startswith('<span class="kd">class</span>')


@pytest.mark.parametrize("fault", [RecursionError, IndexError])
def test_what_a_lexer_stumbles_over_is_shown_plain(monkeypatch, fault):
    def stumble(*_arguments):
        raise fault

    monkeypatch.setattr("pygments.lexers.PythonLexer.get_tokens", stumble)
    assert show(b"import os\n", "a.py")[1] == "import os\n"
