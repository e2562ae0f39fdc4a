"""Notifications are valid Declarative Web Push, and fit into what push services accept."""

import json

import pytest

from messaging.push.encryption import MAX_PLAINTEXT
from messaging.push.payload import Closing, Notice, cut

LONG = "https://chat.example.org/rooms/7/messages/12/"


def notice(title: str = "Ana in Garden", body: str = "Hello") -> Notice:
    return Notice(title, body, LONG, "room-7", "en", 3)


def test_a_notification_has_all_members_of_the_format():
    assert json.loads(notice().encoded(MAX_PLAINTEXT)) == {
        "web_push": 8030,
        "notification": {
            "title": "Ana in Garden",
            "body": "Hello",
            "navigate": LONG,
            "tag": "room-7",
            "silent": False,
            "lang": "en",
            "dir": "auto",
        },
        "app_badge": 3,
        "mutable": True,
    }


def test_a_closing_names_its_tags():
    assert json.loads(Closing(("room-7",), 0).encoded(MAX_PLAINTEXT)) == {
        "web_push": 8030,
        "close": ["room-7"],
        "app_badge": 0,
    }


@pytest.mark.parametrize("character", ["x", "ä", "漢", "👩", '"', "\x01", "\\"])
@pytest.mark.parametrize("size", [MAX_PLAINTEXT, 1_000, 400])
def test_a_long_body_is_cut_but_uses_the_space(character, size):
    encoded = notice(body=character * 5_000).encoded(size)
    assert size - 12 <= len(encoded) <= size
    body = json.loads(encoded)["notification"]["body"]
    assert body.endswith("…")
    assert set(body[:-1]) <= {character}


def test_a_long_title_is_cut_after_the_body():
    shown = json.loads(notice(title="漢" * 300, body="Hello").encoded(400))["notification"]
    assert shown["body"] == ""
    assert shown["title"].endswith("漢…")


def test_what_fits_is_not_cut():
    whole = notice().encoded(MAX_PLAINTEXT)
    assert notice().encoded(len(whole)) == whole
    assert json.loads(notice().encoded(len(whole) - 1))["notification"]["body"] != "Hello"


def test_cutting_counts_bytes_as_in_json():
    assert cut("abcdef", 6) == "abc…"
    assert cut('""""', 7) == '""…'
    assert cut("äöü", 6) == "ä…"
