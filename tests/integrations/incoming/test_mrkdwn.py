"""mrkdwn becomes Markdown that shows the same, and plain text stays as it is."""

import html
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from integrations.incoming.slack.mrkdwn import MAX_TEXT, convert
from messaging.rendering import render

CONVERTED = {
    "bold": ("*bold*", "**bold**"),
    "italic": ("_em_", "_em_"),
    "strike": ("~gone~", "~~gone~~"),
    "nested": ("*bold _both_ x*", "**bold _both_ x**"),
    "in parentheses": ("(*x*)", "(**x**)"),
    "code": ("`a *b* &lt;`", "`a *b* <`"),
    "code in bold": ("*`code`*", "**`code`**"),
    "code block": ("```a\n*b*```", "```\na\n*b*\n```"),
    "code block with backticks": ("```a `` b```", "```\na `` b\n```"),
    "open code block": ("```a", "\\`\\`\\`a"),
    "quote": ("> one\n> two\nthree", "> one\n> two\n\nthree"),
    "escaped quote": ("&gt; one", "> one"),
    "long quote": (">>> one\ntwo", "> one\n> two"),
    "link": ("<https://x.org|a *b*>", "[a \\*b\\*](https://x.org)"),
    "link without label": ("<https://x.org/a_b>", "[https://x.org/a_b](https://x.org/a_b)"),
    "link in bold": ("*<https://x.org|a>*", "**[a](https://x.org)**"),
    "bare address": ("see https://x.org/*a*_b.", "see <https://x.org/*a*_b>."),
    "mail": ("<mailto:a@x.org|write>", "[write](mailto:a@x.org)"),
    "escapes": ("a &amp; b &lt;c&gt; &amp;lt;", "a & b \\<c> &lt;"),
    "unsafe link": ("<javascript:alert(1)|x>", "x"),
    "person with label": ("<@U1|ana>", "@ana"),
    "person by username": ("<@ana>", "@ana"),
    "person by id": ("<@7>", "@bo"),
    "room": ("<#C1|design>", "#design"),
    "here": ("<!here>", "@here"),
    "channel": ("<!channel> <!everyone|x>", "@room @room"),
    "group": ("<!subteam^S1|@ops>", "@ops"),
    "date": ("<!date^1392734382^{date}|Feb 18>", "Feb 18"),
    "date with link": ("<!date^1392734382^{date}^https://x.org|Feb 18>", "[Feb 18](https://x.org)"),
    "other command": ("<!unknown|so>", "so"),
    "short code": (":tada: :+1: :nope: 10:30:45", "🎉 👍 :nope: 10:30:45"),
    "no bold": ("2*3*4 *a ** * a* x", "2\\*3\\*4 **a \\*\\* \\* a** x"),
    "no italics": ("snake_case_name _", "snake_case_name \\_"),
    "over two lines": ("*a\nb*", "\\*a\nb\\*"),
    "no heading": ("# a", "\\# a"),
    "unpaired": ("*a _b* c_", "**a \\_b** c\\_"),
    "no list": ("- a\n1. b", "\\- a\n1\\. b"),
    "no table": ("a|b\n-|-", "a\\|b\n-\\|-"),
    "no spoiler": ("||a||", "\\|\\|a\\|\\|"),
    "no Markdown link": ("[a](https://x.org)", "\\[a\\](https://x.org)"),
    "indented": ("a\n    b", "a\n\u00a0\u00a0\u00a0\u00a0b"),
}


@pytest.mark.parametrize(("source", "expected"), CONVERTED.values(), ids=CONVERTED)
def test_markup_is_converted(source, expected):
    assert convert(source, {"7": "bo"}) == expected


MARKUP = st.text(alphabet="*_~`<>|&;@!#^:-. \nab1/\\[]()=+\u00a0é漢", max_size=400)


@settings(deadline=None, max_examples=400)
@given(st.one_of(MARKUP, st.text(max_size=400)))
@example("*" * 3_000)
@example("<" * 3_000)
@example("> " * 3_000)
def test_any_text_is_converted_and_shows_all_letters(source):
    converted = convert(source)
    assert len(converted) <= 8 * len(source) + 20
    assert "Traceback" not in render(converted[:8_000]).html


PLAIN = st.text(
    alphabet=st.characters(codec="utf-8", exclude_characters="*_~`<>&:\r", exclude_categories=("C",)), max_size=200
)


@settings(deadline=None, max_examples=400)
@given(PLAIN)
@example("# not a heading\n1. not a list\n- nor this\n+ or this\n    nor code")
@example("a|b\n--|--\nc|d")
@example("\\[x\\](y) ![z](y) ||s|| =====")
@example("@ana #room https://example.org/a(b)c www.example.org a@example.org")
def test_plain_text_stays_the_same(source):
    assert words(shown(render(convert(source)).html)) == words(source)


def shown(rendered: str) -> str:
    return html.unescape(re.sub(r"<[^>]*>", "", re.sub("<br>|</p>", "\n", rendered)))


def words(text: str) -> list[str]:
    return text.split()


def test_long_texts_are_cut():
    assert len(convert("a" * 300_000)) == MAX_TEXT
