"""Sanitizing of file names."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from messaging.attachments.filenames import clean_name


@pytest.mark.parametrize(
    ("given_name", "expected"),
    [
        ("report.pdf", "report.pdf"),
        ("  Übersicht 2026 (final).xlsx ", "Übersicht 2026 (final).xlsx"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\windows\\win.ini", "win.ini"),
        ("/absolute/path/x.txt", "x.txt"),
        ("C:\\Users\\me\\x.txt", "x.txt"),
        ("a\0b\x1b[31m\x7f.txt", "ab[31m.txt"),
        ("two\nlines\tand a tab.txt", "two lines and a tab.txt"),
        ("holiday.jpg" + " " * 90 + ".exe", "holiday.jpg.exe"),
        ("photo\u202egpj.exe", "photogpj.exe"),
        ("\u2066a\u2069\u200e\u200f\ufeff\u061c.txt", "a.txt"),
        ("e\u202e\u0301.txt", "é.txt"),
        ("lone\ud800half.txt", "lonehalf.txt"),
        (".bashrc", "bashrc"),
        ("trailing. . .", "trailing"),
        ("CON", "_CON"),
        ("con.txt", "_con.txt"),
        ("Nul .tar.gz", "_Nul .tar.gz"),
        ("COM1.txt", "_COM1.txt"),
        ("lpt³", "_lpt³"),
        ("contract.txt", "contract.txt"),
        ("com10.txt", "com10.txt"),
        ("👩‍👩‍👧.png", "👩‍👩‍👧.png"),
        ("", "file"),
        ("..", "file"),
        ("folder/", "file"),
        (" \u202e. ", "file"),
        ("photo.jpg" + " \u202e" * 60 + ".exe", "photo.jpg.exe"),
        ("invoice.pdf\u2800\u3164\u115f\u200b.exe", "invoice.pdf.exe"),  # blank characters that aren't spaces
        ("a\u034fb\u00adc\ufe0f\U000e0001.txt", "abc\ufe0f.txt"),
        ("a\x9bb\u2028c.txt", "ab c.txt"),
        ("\u2800\u3164", "file"),
        ("\u0301\u0301", "file"),
        ("x" + "\u0323" * 60 + ".txt", "x" + "\u0323" * 4 + ".txt"),
    ],
)
def test_name_is_changed_only_where_harmful(given_name, expected):
    assert clean_name(given_name) == expected


def test_long_name_keeps_its_extension():
    assert clean_name("x" * 300 + ".jpeg") == "x" * 145 + ".jpeg"
    assert clean_name("語" * 150 + ".txt") == "語" * 83 + ".txt"  # 249 + 4 bytes
    assert clean_name("x." + "y" * 300) == ("x." + "y" * 300)[:150]


@given(st.text(max_size=400))
@example("CON.".ljust(151, "x"))
@example("x" * 149 + " .")
@example("." * 200 + "a")
@example("0\r\x1b 0")
def test_any_name_becomes_harmless(given_name):
    name = clean_name(given_name)
    assert 0 < len(name) <= 150
    assert len(name.encode()) <= 255
    assert name == clean_name(name)
    assert name.strip(" .") == name
    assert unicodedata.is_normalized("NFC", name)
    assert not set(name) & set("/\\\0\n\r\u202e\u2066")
    assert all(unicodedata.category(each) not in ("Cc", "Cs") for each in name)
