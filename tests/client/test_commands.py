"""The input of a person: messages, commands and mistakes."""

import pytest

from chatsite_client import Credentials
from chatsite_terminal.commands import USAGES, UsageError, help_lines, message_text, parse, pick
from chatsite_terminal.lines import size_text
from chatsite_terminal.login_store import LoginStore
from chatsite_terminal.session import Session
from tests.client.full_disk import full_disk


def test_a_line_is_a_message_unless_it_begins_with_a_slash():
    assert parse("Hello /everyone") is None
    assert parse("//usr/bin") is None
    assert message_text("//usr/bin") == "/usr/bin"


@pytest.mark.parametrize(
    ("line", "name", "arguments"),
    [
        ("/msg mira Hello  there", "msg", ["mira", "Hello  there"]),
        ("/JOIN general", "join", ["general"]),
        ("/file notes.txt", "file", ["notes.txt"]),
        ("/file notes.txt My notes.txt", "file", ["notes.txt", "My notes.txt"]),
        ("/who", "who", []),
    ],
    ids=["msg", "case", "file", "name", "none"],
)
def test_commands_have_arguments(line, name, arguments):
    assert parse(line) == (name, arguments)


@pytest.mark.parametrize(
    ("line", "text"),
    [("/frobnicate", "no command /frobnicate"), ("/msg mira", "/msg name text"), ("/who is it", "/who")],
    ids=["unknown", "missing", "superfluous"],
)
def test_mistakes_say_how_it_is_done(line, text):
    with pytest.raises(UsageError, match=text):
        parse(line)


def test_every_command_is_carried_out_and_explained():
    assert {name.removeprefix("_do_") for name in dir(Session) if name.startswith("_do_")} == set(USAGES)
    assert len(help_lines()) == len(USAGES)


@pytest.mark.parametrize("number", ["0", "3", "²", "01", "-1", "", "9" * 5000], ids=lambda number: ascii(number)[:9])
def test_other_numbers_name_nothing_in_a_list(number):
    assert pick(["one", "two"], number) is None
    assert pick(["one", "two"], "2") == "two"


@pytest.mark.parametrize(("size", "text"), [(0, "0 B"), (999, "999 B"), (1500, "1.5 KB"), (25_000_000, "25 MB")])
def test_sizes_are_short(size, text):
    assert size_text(size) == text


def test_logins_are_kept_for_their_owner_only(tmp_path):
    url, other = "https://chat.example.org", "https://other.example.org"
    store = LoginStore(tmp_path / "config")
    assert store.get(url) is None
    store.set(url, Credentials(token="secret"))
    store.set(other, Credentials(session="key"))
    assert (tmp_path / "config/logins.json").stat().st_mode & 0o777 == 0o600
    again = LoginStore(tmp_path / "config")
    assert again.get(url) == Credentials(token="secret")
    assert again.latest == other
    again.remember(url)
    again.delete(other)
    assert (again.latest, again.get(other)) == (url, None)


@pytest.mark.parametrize("url", ["https://chat.example.org", "https://other.example.org"], ids=["same", "other"])
def test_a_login_that_cannot_be_written_leaves_the_others(tmp_path, url):
    LoginStore(tmp_path).set("https://chat.example.org", Credentials(token="secret"))
    with full_disk(10), pytest.raises(OSError, match="File too large"):
        LoginStore(tmp_path).set(url, Credentials(token="another"))
    assert LoginStore(tmp_path).get("https://chat.example.org") == Credentials(token="secret")
    assert [path.name for path in tmp_path.iterdir()] == ["logins.json"]


@pytest.mark.parametrize("content", ["[", "[]", '{"logins": []}', '{"logins": {"https://chat.example.org": 5}}'])
def test_a_damaged_file_of_logins_counts_as_none(tmp_path, content):
    (tmp_path / "logins.json").write_text(content)
    store = LoginStore(tmp_path)
    assert store.get("https://chat.example.org") is None
    store.set("https://chat.example.org", Credentials(token="secret"))
    assert store.get("https://chat.example.org") == Credentials(token="secret")
