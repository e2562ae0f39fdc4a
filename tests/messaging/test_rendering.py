"""Rendering of Markdown as safe HTML."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from messaging import rendering
from messaging.rendering import excerpt, render


@pytest.mark.parametrize(
    ("body", "html"),
    [
        ("Hello, is it three o'clock?", "<p>Hello, is it three o'clock?</p>"),
        ("a **b** _c_ ~~d~~", "<p>a <strong>b</strong> <em>c</em> <s>d</s></p>"),
        ("one\ntwo", "<p>one<br>\ntwo</p>"),
        ("run main.py now", "<p>run main.py now</p>"),
        ("# News", "<h4>News</h4>"),
        ("a & b < c", "<p>a &amp; b &lt; c</p>"),
        ("Привет, как дела?", "<p>Привет, как дела?</p>"),
    ],
)
def test_markdown_becomes_html(body, html):
    assert render(body) == html


def test_links_send_no_referrer_and_open_in_a_new_tab():
    html = render("see https://example.org/a?b=1&c=2")
    assert 'href="https://example.org/a?b=1&amp;c=2"' in html
    assert 'rel="noopener noreferrer nofollow"' in html
    assert 'target="_blank"' in html


def test_code_is_highlighted_when_its_language_is_known():
    assert '<span class="k">def</span>' in render("```python\ndef f(): pass\n```")
    assert "<span" not in render("```klingon\ndef f(): pass\n```")


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt&#58;alert(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    "![x](https://example.org/pixel.png)",
    '```"><script>alert(1)</script>\nx\n```',
    '<a href="https://example.org" style="position:fixed" onclick="x()">y</a>',
    '[a](https://example.org "\\" onmouseover=\\"x()")',
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<!-- --><iframe src=https://example.org></iframe>",
]


@pytest.mark.parametrize("body", HOSTILE)
def test_active_content_is_removed(body):
    assert_harmless(render(body))


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from([*HOSTILE, "*", "`", "[", "](", ")", "<", ">", "\n", "|", "#", "http://a", '"', "&", "\\"])
    )
)
def test_no_combination_gets_through(pieces):
    assert_harmless(render("".join(pieces)))


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=200))
def test_any_text_renders_to_safe_html(text):
    assert_harmless(render(text))


def assert_harmless(html: str) -> None:
    tags = re.findall(r"<\s*/?\s*([a-zA-Z0-9]+)([^>]*)>", html)
    allowed = "p br strong em s code pre a blockquote ul ol li hr h4 h5 h6 table thead tbody tr th td span".split()
    for name, attributes in tags:
        assert name in allowed, html
        names = re.findall(r'([\w-]+)="[^"]*"', attributes)
        assert set(names) <= {"href", "title", "rel", "target", "class", "start"}, html
    for address in re.findall(r'href="([^"]*)"', html):
        assert address.startswith(("http:", "https:", "mailto:", "HTTP:", "/", "#", ".")) or ":" not in address, html


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("one\n\ntwo", "one two"),
        ("> quoted\n\na **b**c & <d>", "quoted a bc & <d>"),
        ("see [the docs](https://example.org)", "see the docs"),
        ("```python\ndef f(): pass\n```", "def f(): pass"),
    ],
)
def test_excerpt_is_one_line_of_plain_text(body, line):
    assert excerpt(render(body)) == line


def test_long_prose_with_markup_at_the_end_is_rendered():
    """A backtracking pattern would not finish."""
    assert render("This is a sentence. b " * 300 + "*").endswith("*</p>")
    assert render("a" + ". b" * 2_000 + "*\nBye").endswith("Bye</p>")


def test_excerpt_has_a_bounded_length():
    assert len(excerpt(render("word " * 100))) <= 140


@settings(max_examples=500, deadline=None)
@given(st.text("ab1 9_-+=/%.,;:?!'\"()…’“”–*#>|\n", min_size=1, max_size=30).filter(str.strip))
def test_plain_text_renders_as_the_parser_would(body):
    assert render(body) == rendering._cleaner.clean(rendering._markdown.render(body)).strip()
