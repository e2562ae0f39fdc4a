"""A CSV file of people to register: read whole, and every wrong row named before anything is made."""

import csv
import io
from collections.abc import Callable, Iterator

from django.core.exceptions import ValidationError

from accounts import usernames
from accounts.registration.validation import NewUser

COLUMNS = ("username", "email", "password", "display_name", "staff")
YES = {"1", "yes", "true", "y"}
NO = {"", "0", "no", "false", "n"}

NumberedRow = tuple[int, dict[str, str]]


class BadFile(Exception):
    """`problems` holds a sentence for each, as 'row 3: …' where it belongs to one."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def read_people(content: bytes) -> list[NewUser]:
    """UTF-8, with or without a byte order mark; the first row names the columns. Raises BadFile."""
    rows = list(_rows(content))
    problems: list[str] = []
    candidates = []
    for number, row in rows:
        try:
            candidate = _candidate(row)
            candidate.check()
            candidates.append(candidate)
        except ValidationError as error:
            problems += [f"row {number}: {problem}" for problem in _sentences(error)]
    problems += _repetitions(rows, "username", usernames.key)
    problems += _repetitions(rows, "email", str.lower)
    if problems:
        raise BadFile(*sorted(problems, key=lambda problem: int(problem.split()[1].rstrip(":"))))
    if not candidates:
        raise BadFile("The file is empty: there are no rows below the header.")
    return candidates


def _rows(content: bytes) -> Iterator[NumberedRow]:
    """Rows are numbered as a spreadsheet shows them: the header is row 1. Empty ones are left out."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise BadFile(f"The file is not UTF-8 (line {line}). Save it as 'CSV UTF-8'.") from error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        _check_header(header)
        for number, cells in enumerate(reader, start=2):
            if any(cell.strip() for cell in cells):
                yield number, _row(header, cells, number)
    except csv.Error as error:
        raise BadFile(f"The file is not CSV (line {reader.line_num}: {error}).") from error


def _check_header(header: list[str]) -> None:
    if unknown := [name for name in header if name not in COLUMNS]:
        raise BadFile(f"The first row names the columns: {', '.join(COLUMNS)}. It has '{unknown[0]}'.")
    if "username" not in header:
        raise BadFile(f"The first row must name the columns: {', '.join(COLUMNS)}. There is no 'username'.")
    if len(set(header)) < len(header):
        raise BadFile("The first row names a column twice.")


def _row(header: list[str], cells: list[str], number: int) -> dict[str, str]:
    if len(cells) > len(header):
        raise BadFile(f"row {number}: it has {len(cells)} cells, but there are {len(header)} columns.")
    return dict(zip(header, cells + [""] * (len(header) - len(cells)), strict=True))


def _candidate(row: dict[str, str]) -> NewUser:
    staff = row.get("staff", "").strip().lower()
    if staff not in YES | NO:
        raise ValidationError({"staff": f"Write yes or no, not '{staff}'."})
    return NewUser(
        username=row["username"],
        email=row.get("email", "").strip(),
        password=row.get("password") or None,
        display_name=row.get("display_name", ""),
        is_staff=staff in YES,
        email_verified=True,
    )


def _sentences(error: ValidationError) -> list[str]:
    return [f"{field}: {message}" for field, messages in error.message_dict.items() for message in messages]


def _repetitions(rows: list[NumberedRow], column: str, key: Callable[[str], str]) -> Iterator[str]:
    first: dict[str, int] = {}
    for number, row in rows:
        value = row.get(column, "").strip()
        if not value:
            continue
        seen = first.setdefault(key(value), number)
        if seen != number:
            yield f"row {number}: {column}: '{value}' stands in row {seen} already."
