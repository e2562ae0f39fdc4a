"""Rendering of Markdown as safe HTML."""

import html as html_module
import re
import sys
from collections import Counter

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from messaging import rendering
from messaging.rendering import MAX_GROWTH, MAX_MARKUP
from messaging.rendering.code_blocks import CodeBlock
from messaging.rendering.highlighting import Highlighter, highlighter
from tests.waiting import wait_until


def render(body: str) -> str:
    return rendering.render(body).html


def excerpt(body: str) -> str:
    return rendering.render(body).excerpt


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
    '- [x] <input type="text" autofocus onfocus="x()">',
    '||<span class="spoiler" onclick="x()">||',
    "![x](javascript:alert(1))",
]


@pytest.mark.parametrize("body", HOSTILE)
def test_active_content_is_removed(body):
    assert_harmless(render(body))


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [*HOSTILE, "*", "`", "[", "](", ")", "<", ">", "\n", "|", "#", "http://a", '"', "&", "\\", "||", "- [x] "]
        )
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
    allowed = (
        "p br strong em s code pre a blockquote ul ol li hr h4 h5 h6 table thead tbody tr th td span bdi input".split()
    )
    for name, attributes in tags:
        assert name in allowed, html
        names = re.findall(r'([\w-]+)="[^"]*"', attributes)
        own = {"input": {"type", "disabled", "checked"}, "th": {"align"}}.get(name, set())
        assert set(names) <= {"href", "title", "rel", "target", "class", "start"} | own, html
        assert name != "input" or 'type="checkbox" disabled=""' in attributes, html
    for address in re.findall(r'href="([^"]*)"', html):
        assert address.startswith(("http:", "https:", "mailto:", "HTTP:", "/", "#", ".")) or ":" not in address, html


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("one\n\ntwo", "one two"),
        ("> quoted\n\na **b**c & <d>", "quoted a bc & <d>"),
        ("see [the docs](https://example.org)", "see the docs"),
        ("```python\ndef f(): pass\n```", "def f(): pass"),
        ("- [x] bread\n- [ ] milk", "☑ bread ☐ milk"),
        ("He is ||the *murderer* of [Bo](https://x.example)|| so there", "He is ▒▒▒▒ so there"),
    ],
)
def test_excerpt_is_one_line_of_plain_text(body, line):
    assert excerpt(body) == line


def test_long_prose_with_markup_at_the_end_is_rendered():
    """A backtracking pattern would not finish."""
    assert render("This is a sentence. b " * 300 + "*").endswith("*</p>")
    assert render("a" + ". b" * 2_000 + "*\nBye").endswith("Bye</p>")


def test_excerpt_has_a_bounded_length():
    assert len(excerpt("word " * 100)) <= 140


@settings(max_examples=500, deadline=None)
@given(st.text("ab1 9_-+=/%.,;:?!'\"()…’“”–*#>|\n", min_size=1, max_size=30).filter(str.strip))
def test_plain_text_renders_as_the_parser_would(body):
    assert (render(body), []) == rendering._render_markup(body)


# -- spoilers, task lists, tables and images ------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "html"),
    [
        ("x ||a **b**|| y", '<p>x <span class="spoiler">a <strong>b</strong></span> y</p>'),
        ("||one\ntwo||", '<p><span class="spoiler">one<br>\ntwo</span></p>'),
        ("||a ||b|| c||", '<p><span class="spoiler">a b c</span></p>'),
        ("|||a|||", '<p>|<span class="spoiler">a</span>|</p>'),
        ("**a ||b** c||", "<p><strong>a ||b</strong> c||</p>"),
        ("if (a || b || c)", "<p>if (a || b || c)</p>"),
        ("`||a||`", "<p><code>||a||</code></p>"),
    ],
)
def test_text_between_double_bars_is_a_spoiler(body, html):
    assert render(body) == html


@pytest.mark.parametrize("body", ["||secret|| " * 700, "||secret||" + " *a" * 2_600, "||secret||\n\n|a|\n|-|\n|b|c|"])
def test_a_spoiler_stays_one_when_its_message_is_shown_as_plain_text(body):
    assert render(body).startswith('<p><span class="spoiler">||secret||')
    assert "secret" not in excerpt(body)
    assert len(render(body)) <= MAX_GROWTH * len(body) + MAX_MARKUP


def test_tasks_have_checkboxes():
    assert render("- [x] bread\n- [ ] *milk*\n- [x](/a)\n- [y] no") == (
        '<ul>\n<li><input type="checkbox" disabled="" checked=""> bread</li>\n'
        '<li><input type="checkbox" disabled=""> <em>milk</em></li>\n'
        '<li><a href="/a" target="_blank" rel="noopener noreferrer nofollow">x</a></li>\n<li>[y] no</li>\n</ul>'
    )
    assert "<input" not in render("[x] not a list")


def test_columns_of_tables_are_aligned():
    html = render("|a|b|c|d|\n|-|:-|-:|:-:|\n|1|2|3|4|")
    assert re.findall(r"<t[hd](?: [^>]*)?>", html) == [
        *("<th>", '<th align="left">', '<th align="right">', '<th align="center">'),
        *(["<td>"] * 4),
    ]


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("![a *cat*](https://x.example/cat.png)", "a <em>cat</em>"),
        ("![](https://x.example/cat.png)", "https://x.example/cat.png"),
        ("[](https://x.example/cat.png)", "https://x.example/cat.png"),
    ],
)
def test_an_image_becomes_a_link(body, text):
    link = f'<a href="https://x.example/cat.png" target="_blank" rel="noopener noreferrer nofollow">{text}</a>'
    assert render(body) == f"<p>{link}</p>"


# -- no text disappears -------------------------------------------------------------------------------


def words_in(html: str) -> Counter[str]:
    """Return the words that a browser shows, and those in the URLs of links."""
    shown = re.sub(r"<[^>]*>", lambda tag: f" {' '.join(re.findall(r'href=.([^ ]*).', tag[0]))} ", html)
    return Counter(re.findall(r"\w+", html_module.unescape(shown)))


@pytest.mark.parametrize(
    "body",
    [
        "[todo]: https://x.example",
        "[a]: b\n\nlater",
        "> " * 12 + "deep",
        "> " * 100 + "very deep",
        "\n".join("  " * depth + f"- level{depth}" for depth in range(40)),
        "- " * 90 + "many",
        "[text](ftp://x.example/path)",
        "[text](javascript:alert)",
        "[text](unknown:thing)",
        "<b>raw</b> <!-- comment --> <?php code ?>",
        "&nbsp;&copy;&#65;",
        "``` spoken words\ncode\n```",
        "```mermaid\ngraph\n```",
        "|a|b|\n|-|-|\n|one|two|three|",
        "![description](https://x.example/picture.png)",
        "- [x]tax\n- [X]\n- [x]",
        "||a|| b ||c",
        "|||a|||",
        "[![badge](https://x.example/badge.png)](https://x.example/build)",
    ],
)
def test_unusual_markup_is_shown_as_written(body):
    missing = Counter(re.findall(r"\w+", body)) - words_in(render(body))
    assert not missing


@pytest.mark.parametrize("body", ["# ", ">", "- ", "***", "#", "```\n```", "[](https://x.example)"])
def test_markup_without_text_is_shown_as_written(body):
    shown = html_module.unescape(re.sub("<[^>]*>", "", render(body)))
    assert words_in(render(body)) or shown == "".join(body.split())


INLINE = st.recursive(
    st.text("abcäß中字א1 ", min_size=1, max_size=8).map(lambda text: f"w{text}w"),
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(["*", "**", "_", "~~", "`", "[", "<", "!["]), inner).map("".join),
        inner.map(lambda text: f"**{text}**"),
        st.tuples(inner, inner).map(" ".join),
        st.tuples(
            inner, st.sampled_from(["https://x.example/", "ftp://x.example", "/r/1/", "x", "mailto:a@b.example"])
        ).map(lambda pair: f"[{pair[0]}]({pair[1]})"),
    ),
    max_leaves=6,
)
BLOCKS = st.recursive(
    st.one_of(
        INLINE,
        INLINE.map(lambda text: f"# {text}"),
        INLINE.map(lambda text: f"```{text}\n{text}\n```"),
        INLINE.map(lambda text: f"    {text}"),
        INLINE.map(lambda text: f"[{text}]: {text}"),
        st.lists(INLINE, min_size=1, max_size=4).map(lambda cells: f"|a|b|\n|-|-|\n|{'|'.join(cells)}|"),
    ),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("\n".join),
        st.lists(inner, min_size=1, max_size=3).map("\n\n".join),
        st.tuples(st.sampled_from(["> ", "- ", "1. ", "  "]), inner).map(
            lambda pair: "\n".join(pair[0] + line for line in pair[1].split("\n"))
        ),
    ),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None)
@given(BLOCKS)
@example("1. wow\n\n    [www]: www")
def test_every_letter_of_any_document_is_shown(body):
    letters = Counter(each for each in body if each.isalpha())
    shown = html_module.unescape(" ".join(words_in(render(body)).elements()))
    assert letters <= Counter(shown), render(body)


# -- limits on work and size --------------------------------------------------------------------------

REPEATED = [
    *("[", "]", "[a](", "![", "*a", "a*", "_a ", "*_", "~~a", "`a", "``a", "<", "<a", "<http://a", "&", "&a", "\\*"),
    *("\n", "a\n", "#\n", "# a\n", ">", "> a\n", "- ", "- a\n", "1) a\n", "|", "a|b\n-|-\n", "a|b|\n-|-|\n|||\n"),
    *("http://a ", "http://a", "://", "http://[", "http://(((", "www.a.b ", "a@b.c ", "a@", "a.", "mailto:a@b.c "),
    *("http://a.b,", "mailto://a.b", "<a@b.c>", "<http://a.b>", "a@b.c" + "//a.b/(" * 280 + " "),
    *("[a](b) ", "[a](http://b) ", "[a]: b\n", "[a][b]", "```\n", "```c\n\n```\n", "```python\ndef f(): pass\n```\n"),
    *(
        "||a",
        "a||",
        "||a|| ",
        "||",
        "|||",
        "||*a||*",
        "||a||||b||",
        "[||a](b)||",
        "- [x] a\n",
        "- [ ] \n",
        "[](b)",
        "![](b)",
    ),
    *("![a](http://b) ", "![a]((", "![![", "||http://a.b||", "||www.a.b||", "|a|b|\n|:-:|-:|\n|1|2|\n\n"),
    *("    a\n", "***", "---\n", "*a**b***", "``a`b``", "<!--", "[*a](b*", "[a*](b)", "[![", "[a](<b", "[a]('", "\x01"),
]


MAX_CALLS = 75_000  # about 20 ms


def count_calls(body: str) -> int:
    """Return the number of Python function calls in rendering, which is the same on every machine."""
    count = 0

    def note(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event == "call"

    sys.setprofile(note)
    try:
        render(body)
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("pattern", REPEATED)
def test_work_and_size_are_bounded_for_any_message(pattern):
    body = (pattern * 8_000)[:8_000]
    assert len(render(body)) <= MAX_GROWTH * len(body) + MAX_MARKUP
    assert count_calls(body) < MAX_CALLS


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from(REPEATED), min_size=1, max_size=4).map("".join))
def test_work_and_size_are_bounded_for_mixed_markup(pattern):
    body = (pattern * 8_000)[:8_000]
    assert len(render(body)) <= MAX_GROWTH * len(body) + MAX_MARKUP
    assert count_calls(body) < MAX_CALLS


def test_ordinary_long_messages_keep_their_markup():
    article = f"{'Some words of prose. ' * 12}A **bold** word, *another*, `code` and https://example.org/page.\n\n"
    body = (article * 40)[:7_900]
    assert render(f"{body}\n\n- one\n- two\n\n> quoted").count("<strong>") > 20
    log = "```\n" + "2026-11-28 12:00:00 [worker-1] GET /r/1/ -> 200 in 3.2 ms (a=1, b='x')\n" * 100 + "```"
    assert render(log).startswith("<pre><code>2026")


# -- highlighting -------------------------------------------------------------------------------------


def test_code_that_takes_too_long_is_not_highlighted():
    assert render("```c\nint x;\n```").count("<span") == 1
    hostile = "\n" * 1_900
    assert render(f"```c\nint x;{hostile}\n```") == f'<pre><code class="language-c">int x;{hostile}\n</code></pre>'
    assert render("```c\nint x;\n```").count("<span") == 1


def test_long_code_is_not_highlighted():
    assert "<span" not in render("```python\n" + "x = 1\n" * 400 + "```")


def test_highlighting_survives_the_end_of_its_process():
    assert "<span" in render("```python\nimport this\n```")
    highlighter._process.kill()
    highlighter._process.wait()
    assert "<span" in render("```python\nimport that\n```")


def test_only_one_message_waits_for_a_late_response(monkeypatch):
    monkeypatch.setattr("messaging.rendering.highlighting.START_SECONDS", 0.001)
    late, block = Highlighter(), CodeBlock("python", "import this")
    assert late.highlight([block] * 2) == ["", ""]
    process = late._process
    monkeypatch.setattr("messaging.rendering.highlighting.START_SECONDS", 60.0)
    wait_until(lambda: late.highlight([block]) != [""], "highlighted code")
    assert late._process is process
    late.stop()


def test_highlighter_without_a_process_returns_nothing(monkeypatch):
    monkeypatch.setattr("messaging.rendering.highlighting.MODULE", "tests.nothing")
    assert Highlighter().highlight([CodeBlock("python", "import this")]) == [""]


# -- links --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "addresses"),
    [
        ("https://x.example/a。次", ["https://x.example/a"]),
        ("（https://x.example/a）", ["https://x.example/a"]),
        ("see www.x.example.", ["https://www.x.example"]),
        ("(www.x.example/a_b_c)", ["https://www.x.example/a_b_c"]),
        ("write to me@x.example, please", ["mailto:me@x.example"]),
        ("mailto:me@x.example", ["mailto:me@x.example"]),
        ("ftp://x.example", []),
        ("main.py and a.b", []),
        ("https://a.example/x https://b.example", ["https://a.example/x", "https://b.example"]),
        ("`https://x.example`", []),
        ("||https://x.example/a|b||", ["https://x.example/a%7Cb"]),
        ("||www.x.example||", ["https://www.x.example"]),
    ],
)
def test_addresses_become_links(body, addresses):
    assert re.findall(r'href="([^"]*)"', render(body)) == addresses
