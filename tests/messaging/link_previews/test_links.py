"""Which links of a message get previews."""

import pytest

from messaging.link_previews.urls import choose_links
from messaging.rendering import render


@pytest.mark.parametrize(
    ("body", "links"),
    [
        ("See https://a.example/x#part.", ["https://a.example/x#part"]),
        ("[text](http://a.example) and *https://b.example*", ["http://a.example", "https://b.example"]),
        ("- https://a.example\n\n1. www.b.example", ["https://a.example", "https://www.b.example"]),
        ("<https://a.example>", []),
        ("`https://a.example` and\n```\nhttps://b.example\n```", []),
        ("||https://a.example|| https://b.example", ["https://b.example"]),
        ("> https://a.example\n> > https://b.example\n\nhttps://c.example", ["https://c.example"]),
        ("ana@example.org mailto:ben@example.org ftp://a.example /rooms/1/", []),
        ("[room](/rooms/1/)", []),
        ("Hello", []),
    ],
    ids=["text", "markup", "lists", "brackets", "code", "spoiler", "quotes", "other schemes", "page", "plain"],
)
def test_links_in_code_spoilers_quotes_and_brackets_have_none(body, links):
    assert list(render(body).links) == links


def test_the_links_of_a_message_that_is_too_complex_are_not_collected():
    assert render("https://a.example " + "**x** " * 1_300).links == ()


def test_few_links_are_collected():
    assert len(render("https://a.example " * 300).links) <= 20


def test_the_first_three_different_pages_are_chosen():
    urls = [
        "https://a.example",
        "https://A.example:443/#x",
        "https://b.example/?q",
        "https://c.example",
        "https://d.example",
    ]
    assert choose_links(urls) == ("https://a.example", "https://b.example/?q", "https://c.example")


@pytest.mark.parametrize(
    "url",
    [
        "https://chat.example.org/rooms/1/",
        "https://CHAT.example.org:443/",
        "http://chat.example.org/",
        "https://ana:secret@a.example/",
        "https://a.example:99999/",
        "https://",
        f"https://a.example/{'x' * 2_000}",
        f"https://a.example/#{'x' * 2_000}",
        "https://[#x",
    ],
    ids=[
        "own",
        "own in other words",
        "own with another scheme",
        "with a password",
        "port",
        "empty",
        "long",
        "long fragment",
        "unfinished",
    ],
)
def test_own_pages_and_invalid_urls_are_left_out(url, settings):
    settings.SITE_URL, settings.ALLOWED_HOSTS = "https://chat.example.org", ["chat.example.org"]
    assert choose_links([url, "https://b.example"]) == ("https://b.example",)
