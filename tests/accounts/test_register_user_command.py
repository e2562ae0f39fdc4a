"""manage.py register_user: interactively, from arguments, and from a file."""

import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from tests.factories import make_user

pytestmark = pytest.mark.django_db
COMMAND = "accounts.management.commands.register_user"
PASSWORD = "seven green boats"


def run(*args, stdin: str = "", monkeypatch=None):
    out, err = io.StringIO(), io.StringIO()
    if monkeypatch:
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
    call_command("register_user", *args, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


@pytest.fixture
def typing(monkeypatch):
    """Answer prompts with the given names and passwords."""

    def type_in(names, passwords):
        shown, hidden = iter(names), iter(passwords)

        def answer(source):
            def ask(question):
                given = next(source)
                if isinstance(given, type):
                    raise given
                return given

            return ask

        monkeypatch.setattr("builtins.input", answer(shown))
        monkeypatch.setattr(f"{COMMAND}.getpass", answer(hidden))

    return type_in


def test_command_asks_for_username_and_password_twice(typing):
    typing(["ana"], [PASSWORD, PASSWORD])
    out, _ = run()
    assert "Account ana created." in out
    assert User.objects.get().check_password(PASSWORD)


def test_command_asks_again_after_errors(typing):
    make_user("taken")
    typing(["", "Taken", "everyone", "ana"], ["short", PASSWORD, "another one here", PASSWORD, PASSWORD])
    _, err = run()
    for reason in ("Enter a username", "taken", "isn’t available", "too short", "don’t match"):
        assert reason in err
    assert User.objects.filter(username="ana").exists()


@pytest.mark.parametrize("passwords", [[KeyboardInterrupt], [PASSWORD, KeyboardInterrupt]])
def test_ctrl_c_creates_nothing_and_shows_no_traceback(typing, passwords):
    typing(["ana"], passwords)
    with pytest.raises(SystemExit) as left:
        run()
    assert left.value.code == 130
    assert not User.objects.exists()


def test_end_of_input_is_an_error(typing):
    typing([EOFError], [])
    with pytest.raises(CommandError, match="input ended"):
        run()


def test_arguments_create_an_account(monkeypatch):
    run(
        *("ana", "--email", "Ana@example.org", "--display-name", "Ana B", "--staff", "--password-stdin"),
        stdin=PASSWORD + "\n",
        monkeypatch=monkeypatch,
    )
    ana = User.objects.get()
    assert (ana.email, ana.display_name, ana.is_staff, ana.is_superuser) == ("ana@example.org", "Ana B", True, False)
    assert ana.check_password(PASSWORD)


@pytest.mark.parametrize(
    ("args", "stdin", "reason"),
    [
        (["ana", "--password-stdin"], "", "standard input was empty"),
        (["ana", "--password-stdin"], "short\n", "password: "),
        (["here", "--password-stdin"], PASSWORD, "username: .*isn’t available"),
        (["bo", "--email", "taken@example.org", "--password-stdin"], PASSWORD, "email: .*already in use"),
    ],
)
def test_invalid_arguments_are_reported(monkeypatch, args, stdin, reason):
    make_user("somebody", email="taken@example.org")
    with pytest.raises(CommandError, match=reason):
        run(*args, stdin=stdin, monkeypatch=monkeypatch)
    assert User.objects.count() == 1


def test_other_errors_are_reported_before_the_password_prompt(typing):
    typing([], [])
    with pytest.raises(CommandError, match="email: "):
        run("ana", "--email", "nonsense")


def file_of(tmp_path: Path, content: str | bytes) -> str:
    path = tmp_path / "people.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(path)


def test_file_creates_all_accounts(tmp_path):
    people = (
        "\ufeffusername,email,password,display_name,staff\r\n"
        f'ana,ana@example.org,{PASSWORD},"Brandt, Ana",yes\r\n'
        "\r\n"
        "李雷,li@example.org,,,\r\n"
    )
    out, _ = run("--from-csv", file_of(tmp_path, people))
    assert "2 accounts created." in out
    assert "李雷" in out  # without a password
    ana, li = User.objects.order_by("pk")
    assert (ana.display_name, ana.is_staff) == ("Brandt, Ana", True)
    assert not li.has_usable_password()


def test_every_invalid_row_is_reported_and_none_created(tmp_path):
    make_user("taken", email="taken@example.org")
    people = "\n".join(
        [
            "username,email,password,staff",
            f"good,good@example.org,{PASSWORD},no",
            f"Taken,,{PASSWORD},",
            "bo,taken@example.org,short,",
            "cy,,,",
            f"GOOD,Good@example.org,{PASSWORD},",
            f"dan,,{PASSWORD},perhaps",
        ]
    )
    with pytest.raises(CommandError) as refusal:
        run("--from-csv", file_of(tmp_path, people))
    printed = str(refusal.value).splitlines()
    expected = [
        "row 3: username: That username is taken",
        "row 4: email: This email is already in use",
        "row 4: password: This password is too short",
        "row 5: password: Enter a password",
        "row 6: username: “GOOD” is already in row 2.",
        "row 6: email: “Good@example.org” is already in row 2.",
        "row 7: staff: Enter yes or no",
        "No accounts were created",
    ]
    for beginning in expected:
        assert any(line.startswith(beginning) for line in printed), (beginning, printed)
    assert [int(line.split()[1].rstrip(":")) for line in printed[:-1]] == sorted(
        int(line.split()[1].rstrip(":")) for line in printed[:-1]
    )
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "must name the column “username”"),
        (b"ana,ana@example.org\n", "“ana” in the first row is not a column"),
        (b"username,username\n", "twice"),
        (b"username,password\n", "no rows below the header"),
        (b"username\nana,x,y\n", "row 2: it has 3 cells"),
        (b"username\n\xff\xfe\n", r"not UTF-8 \(line 2\)"),
        (b'username\n"ana\n', "not CSV"),
    ],
)
def test_invalid_file_is_refused(tmp_path, content, reason):
    with pytest.raises(CommandError, match=reason):
        run("--from-csv", file_of(tmp_path, content))


def test_missing_file_is_refused(tmp_path):
    with pytest.raises(CommandError, match="can’t be read: No such file"):
        run("--from-csv", str(tmp_path / "absent.csv"))


def test_file_cannot_be_combined_with_arguments(tmp_path):
    with pytest.raises(CommandError, match="can’t be combined with username, staff"):
        run("ana", "--staff", "--from-csv", "x.csv")
