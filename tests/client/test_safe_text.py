"""Other people's texts and file names: no control character reaches the terminal, and no file leaves its folder."""

import unicodedata

import pytest

from chatsite_terminal.downloads import create
from chatsite_terminal.safe_text import clean, clean_input, clean_line, clean_name

CONTROLS = [chr(code) for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\t\n"]


@pytest.mark.parametrize("control", CONTROLS, ids=lambda control: f"U+{ord(control):04X}")
def test_no_control_character_remains(control):
    text = clean(f"one{control}[2Jtwo{control}")
    assert not [each for each in text if unicodedata.category(each) == "Cc" and each != "\n"]
    assert text.startswith("one")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b[2J\x1b[Hgone", "gone"),
        ("\x9b31mred", "red"),
        ("\x1b]0;title\x07after", "after"),
        ("\x1b]52;c;cm0gLXJm\x1b\\after", "after"),
        ("\x9d8;;https://evil.example\x9cafter", "after"),
        ("\x1b]8;;https://evil.example\x1b\\good\x1b]8;;\x1b\\", "good"),
        ("\x1bPq#0;2;0;0;0#0~~\x1b\\after", "after"),
        ("\x1b_Gf=100;AAAA\x1b\\after", "after"),
        ("\x1b^private\x1b\\after", "after"),
        ("\x1bXstring\x1b\\after", "after"),
        ("\x1b(0lqqk\x1b(B", "lqqk"),
        ("\x1bcreset", "reset"),
        ("\x1b[6n", ""),
        ("\x1b[?1049h\x1b[?1000hx", "x"),
        ("\x1b", ""),
        ("\x1b[", ""),
        ("\x1b]0;never ended", ""),
        ("over\rwritten", "over\nwritten"),
        ("abc\b\b\bxyz", "abcxyz"),
        ("one\u2028two\x85three", "one\ntwo\nthree"),
        ("a\tb", "a    b"),
        ("\u202egnp.exe\u202c", "gnp.exe"),
        ("\u2067\u2066\u2069", ""),
        ("𐏿\ud800", "𐏿"),
        ("👩\u200d🔧 שלום नमस्ते", "👩\u200d🔧 שלום नमस्ते"),
    ],
    ids=lambda text: ascii(text)[:40],
)
def test_escape_sequences_are_removed_with_their_arguments(text, shown):
    assert clean(text) == shown


def test_tabs_stay_in_a_field():
    assert clean_input("\tone\x1b[2J\x9b2J\r\ntwo") == "\tone\ntwo"


def test_a_line_stays_one_line():
    assert clean_line("one\n\n  two\r\nthree", " ⏎ ") == "one ⏎ two ⏎ three"


@pytest.mark.parametrize(
    ("name", "saved"),
    [
        ("notes.txt", "notes.txt"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ("/etc/passwd", "_etc_passwd"),
        ("C:\\autoexec.bat", "C__autoexec.bat"),
        (".bashrc", "bashrc"),
        ("..", "file"),
        ("", "file"),
        ("-rf", "rf"),
        ("a\x1b]0;x\x07b.txt", "ab.txt"),
        ("photo\u202egpj.exe", "photogpj.exe"),
        ("new\nline.txt", "new line.txt"),
        ("é" * 200 + ".jpeg", "é" * 97 + ".jpeg"),
    ],
    ids=lambda name: ascii(name)[:30],
)
def test_file_names_are_made_safe(name, saved):
    assert clean_name(name) == saved


def test_no_file_is_replaced(tmp_path):
    for expected in ("notes.txt", "notes (2).txt", "notes (3).txt"):
        file, path = create(tmp_path, "notes.txt")
        file.close()
        assert path.name == expected


def test_a_link_is_not_followed(tmp_path):
    (tmp_path / "notes.txt").symlink_to(tmp_path / "elsewhere")
    file, path = create(tmp_path, "notes.txt")
    file.close()
    assert path.name == "notes (2).txt"
    assert not (tmp_path / "elsewhere").exists()
