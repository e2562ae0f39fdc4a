"""The sender's name of a file, made safe."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from messaging.attachments.filenames import clean_name


@pytest.mark.parametrize(
    ("given_name", "kept"),
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
    ],
)
def test_a_name_is_kept_where_it_is_harmless(given_name, kept):
    assert clean_name(given_name) == kept


def test_a_long_name_keeps_its_extension():
    assert clean_name("x" * 300 + ".jpeg") == "x" * 145 + ".jpeg"
    assert clean_name("語" * 150 + ".txt") == "語" * 83 + ".txt"  # 249 + 4 bytes
    assert clean_name("x." + "y" * 300) == ("x." + "y" * 300)[:150]


@given(st.text(max_size=400))
@example("CON.".ljust(151, "x"))
@example("x" * 149 + " .")
@example("." * 200 + "a")
def test_what_comes_out_is_harmless_whatever_goes_in(given_name):
    name = clean_name(given_name)
    assert 0 < len(name) <= 150
    assert len(name.encode()) <= 255
    assert name == clean_name(name)
    assert name.strip(" .") == name
    assert unicodedata.is_normalized("NFC", name)
    assert not set(name) & set("/\\\0\n\r\u202e\u2066")
    assert all(unicodedata.category(each) not in ("Cc", "Cs") for each in name)
