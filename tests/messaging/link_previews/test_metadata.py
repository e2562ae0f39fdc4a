"""Any page, however hostile, yields a few lines of text at most."""

import pytest

from messaging.link_previews.charsets import decode_page
from messaging.link_previews.metadata import MAX_STEPS, Metadata, clean_text, read_metadata


def test_open_graph_comes_first():
    page = """<html><head><title>Title</title><meta name="description" content="Plain">
        <meta property="og:title" content="Graph &amp; more"><meta property='og:site_name' content='The Site'>
        <meta content=Words property=og:description><meta property="og:image" content="/a.png?x=1&amp;y=2">"""
    assert read_metadata(page) == Metadata("Graph & more", "The Site", "Words", "/a.png?x=1&y=2")


def test_other_sources_are_used_without_it():
    page = '<TITLE lang=en>\n A  title </TITLE><META NAME="Description" CONTENT="Words"><meta name=twitter:image content=b>'
    assert read_metadata(page) == Metadata("A title", "", "Words", "b")


def test_an_empty_value_counts_as_missing():
    page = '<meta property="og:title" content=" &#8203; "><title>Title</title>'
    assert read_metadata(page).title == "Title"


@pytest.mark.parametrize(
    "hidden",
    [
        "<!-- {} -->",
        "<script>x = '{}'</script>",
        "<style>{}</style>",
        "<noscript>{}</noscript>",
        "<template>{}</template>",
        "</head>{}",
        "<body>{}",
        "<title>{}</title>",
        "<link title='{}'>",
    ],
    ids=["comment", "script", "style", "noscript", "template", "after the head", "body", "title", "attribute"],
)
def test_only_tags_of_the_head_count(hidden):
    assert read_metadata(hidden.format('<meta property="og:site_name" content="Hidden">')).site == ""


def test_markup_in_a_title_is_text():
    title = read_metadata("<title><script>alert(1)</script> &lt;b&gt;</title>").title
    assert title == "<script>alert(1)</script> <b>"


@pytest.mark.parametrize(
    ("head", "header"),
    [
        ('<meta name="robots" content="index, NoSnippet">', ""),
        ("<meta name=robots content='max-snippet:0'>", ""),
        ("", "googlebot: nosnippet"),
    ],
    ids=["meta", "length of zero", "header"],
)
def test_a_page_can_refuse_its_description(head, header):
    page = f'<title>Title</title><meta name="description" content="Words">{head}'
    assert read_metadata(page, robots=header)[:3] == ("Title", "", "")


def test_texts_are_bounded():
    page = "".join(
        f'<meta property="og:{name}" content="{"word " * 200_000}">' for name in ("title", "site_name", "description")
    )
    found = read_metadata(page)
    assert [len(found.title), len(found.site), len(found.description)] == [120, 60, 240]
    assert found.title.endswith("word…")


def test_invisible_characters_are_removed():
    assert clean_text("a\u202eb\x00c&#x202e;d\u2066e\ufefff\u00adg", 50) == "abcdef\u00adg"
    assert clean_text("שלום עולם", 50) == "שלום עולם"
    assert clean_text("&#0;&#xD800;&nosuch; &amp", 50) == "\ufffd\ufffd&nosuch; &"


@pytest.mark.parametrize(
    "piece",
    [
        '<meta content="',
        "<!--",
        "<title>",
        "<script>",
        "<meta a=b ",
        "<",
        "<a ",
        "= ",
        "<meta property='a'",
        "< a=",
        "</",
    ],
    ids=lambda piece: piece.strip(),
)
def test_hostile_pages_take_few_steps(piece, monkeypatch):
    """Each step moves on, so that the time is proportional to the length."""
    read_metadata(piece * (524_288 // len(piece)))


def test_no_more_than_so_many_tags_are_read():
    page = "<link>" * MAX_STEPS + "<title>Late</title>"
    assert read_metadata(page).title == ""


@pytest.mark.parametrize(
    ("text", "encoding", "header"),
    [
        ("Привет", "cp1251", "text/html; charset=windows-1251"),
        ("<meta charset='koi8-r'>Привет", "koi8-r", "text/html"),
        ('<meta http-equiv=Content-Type content="text/html; charset=Shift_JIS">日本', "shift_jis", ""),
        ("Grüße", "utf-8", "text/html; charset=nonsense"),
        ("Grüße", "utf-8", "text/html; charset=punycode"),
        ("Grüße", "utf-8", "text/html; charset=utf-7"),
        ("Grüße", "cp1252", "text/html; charset=iso-8859-1"),
        ("Grüße aus Köln", "cp1252", "text/html"),
        ("<meta charset=utf-16>Grüße", "utf-8", ""),
    ],
    ids=["header", "meta", "old meta", "unknown", "punycode", "utf-7", "Latin 1", "undeclared", "utf-16 in ASCII"],
)
def test_pages_are_decoded_as_browsers_do(text, encoding, header):
    assert decode_page(text.encode(encoding), header) == text


def test_a_byte_order_mark_decides():
    assert decode_page("\ufeffGrüße".encode("utf-16-le"), "text/html; charset=utf-8") == "Grüße"


def test_a_character_that_was_cut_off_does_not_change_the_encoding():
    assert decode_page("Grüß".encode()[:-1], "text/html") == "Grü\ufffd"
