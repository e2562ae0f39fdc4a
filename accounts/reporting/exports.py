"""Exports tables to JSON, and to CSV that spreadsheets don't interpret as formulas."""

import csv
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import regex
from django.http import JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

# Spreadsheets evaluate a cell as a formula if it starts with one of these characters. In some languages, this includes
# full-width ones (https://owasp.org/www-community/attacks/CSV_Injection).
FORMULA = "=+\\-@＝＋－＠﹦﹢﹣﹫⁼⁺⁻₌₊₋−"
# The cell separator depends on the reader's locale, so any part of a text may become a separate cell.
_CELL = r"(?:^|(?<=[,;|]|[^\S ]))"
_START_OF_FORMULA = regex.compile(
    rf"{_CELL}(?=[\s\p{{C}}\p{{Default_Ignorable_Code_Point}}\"']*[{FORMULA}])|^(?=[\t\r\n])"
)


def as_csv(name: str, columns: Iterable[str], rows: Iterable[Mapping[str, Any]]) -> HttpResponseBase:
    response = StreamingHttpResponse(_csv_lines(list(columns), rows), content_type="text/csv; charset=utf-8")
    return _as_attachment(response, f"{name}.csv")


def as_json(name: str, data: Mapping[str, Any]) -> HttpResponseBase:
    return _as_attachment(JsonResponse(data, json_dumps_params={"ensure_ascii": False}), f"{name}.json")


def safe_cell(value: object) -> str:
    """Prefix possible formulas with an apostrophe, which makes spreadsheets treat the cell as text."""
    return _START_OF_FORMULA.sub("'", "" if value is None else str(value))


class _Echo:
    """A file whose `write` returns the text."""

    def write(self, text: str) -> str:
        return text


def _csv_lines(columns: list[str], rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield writer.writerow(columns)
    for row in rows:
        yield writer.writerow([safe_cell(row[column]) for column in columns])


def _as_attachment(response: HttpResponseBase, filename: str) -> HttpResponseBase:
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response
