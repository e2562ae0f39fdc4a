"""Reads CSV files of accounts to create. The whole file is read, and every invalid row is reported."""

import csv
import io
from collections.abc import Callable, Iterator

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from accounts import usernames
from accounts.registration.validation import NewUser

COLUMNS = ("username", "email", "password", "display_name", "staff")
YES = {"1", "yes", "true", "y"}
NO = {"", "0", "no", "false", "n"}

NumberedRow = tuple[int, dict[str, str]]
Problem = tuple[int, str]  # row number and message


class InvalidFile(Exception):
    """The file is invalid. `problems` are complete sentences, prefixed with the row if they concern one: 'row 3: …'."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def read_people(content: bytes) -> list[NewUser]:
    """Read UTF-8 with or without a byte order mark. The first row names the columns. Raises InvalidFile."""
    rows = list(_rows(content))
    problems: list[Problem] = []
    new_users = []
    for number, row in rows:
        try:
            new_user = _new_user(row)
            new_user.validate()
            new_users.append(new_user)
        except ValidationError as error:
            problems += [(number, sentence) for sentence in sentences(error)]
    problems += _duplicates(rows, "username", usernames.key)
    problems += _lookalikes(rows)
    problems += _duplicates(rows, "email", str.lower)
    if problems:
        raise InvalidFile(*(_in_row(number, text) for number, text in sorted(problems)))
    if not new_users:
        raise InvalidFile(_("The file is empty: there are no rows below the header."))
    return new_users


def sentences(error: ValidationError) -> list[str]:
    """Return an error's messages, each as 'field: message'."""
    return [f"{field}: {message}" for field, messages in error.message_dict.items() for message in messages]


def _rows(content: bytes) -> Iterator[NumberedRow]:
    """Yield the non-empty rows, numbered as in a spreadsheet, where the header is row 1."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        message = _("The file is not UTF-8 (line %(line)d). Save it as “CSV UTF-8”.") % {"line": line}
        raise InvalidFile(message) from error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        _check_header(header)
        for number, cells in enumerate(reader, start=2):
            if any(cell.strip() for cell in cells):
                yield number, _row(header, cells, number)
    except csv.Error as error:
        message = _("The file is not CSV (line %(line)d: %(error)s).") % {"line": reader.line_num, "error": error}
        raise InvalidFile(message) from error


def _check_header(header: list[str]) -> None:
    columns = ", ".join(COLUMNS)
    if unknown := [name for name in header if name not in COLUMNS]:
        message = _("“%(name)s” in the first row is not a column. The columns are: %(columns)s.")
        raise InvalidFile(message % {"name": unknown[0], "columns": columns})
    if "username" not in header:
        message = _("The first row must name the column “username”. The columns are: %(columns)s.")
        raise InvalidFile(message % {"columns": columns})
    if len(set(header)) < len(header):
        raise InvalidFile(_("The first row names a column twice."))


def _row(header: list[str], cells: list[str], number: int) -> dict[str, str]:
    if len(cells) > len(header):
        message = _("it has %(cells)d cells, but there are %(columns)d columns.")
        raise InvalidFile(_in_row(number, message % {"cells": len(cells), "columns": len(header)}))
    return dict(zip(header, cells + [""] * (len(header) - len(cells)), strict=True))


def _new_user(row: dict[str, str]) -> NewUser:
    staff = row.get("staff", "").strip().lower()
    if staff not in YES | NO:
        raise ValidationError({"staff": _("Enter yes or no, not “%(value)s”.") % {"value": staff}})
    return NewUser(
        username=row["username"],
        email=row.get("email", "").strip(),
        password=row.get("password") or None,
        display_name=row.get("display_name", ""),
        is_staff=staff in YES,
        email_verified=True,
    )


def _duplicates(rows: list[NumberedRow], column: str, key: Callable[[str], str]) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for number, row in rows:
        value = row.get(column, "").strip()
        if value and (earlier := first.setdefault(key(value), number)) != number:
            message = _("“%(value)s” is already in row %(row)d.") % {"value": value, "row": earlier}
            yield number, f"{column}: {message}"


def _lookalikes(rows: list[NumberedRow]) -> Iterator[Problem]:
    """Yield a problem for each username that differs from an earlier one, but looks the same."""
    first: dict[str, NumberedRow] = {}
    for number, row in rows:
        name = row.get("username", "").strip()
        earlier, other = first.setdefault(usernames.skeleton(name), (number, row))
        if name and earlier != number and usernames.key(name) != usernames.key(other["username"]):
            message = _("“%(value)s” looks like row %(row)d.") % {"value": name, "row": earlier}
            yield number, f"username: {message}"


def _in_row(number: int, text: str) -> str:
    return _("row %(number)d: %(problem)s") % {"number": number, "problem": text}
