"""Tables as files for other programs: CSV that no spreadsheet takes for formulas, and JSON."""

import csv
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.http import JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

# With one of these at the beginning a cell is a formula to a spreadsheet, or becomes one:
# https://owasp.org/www-community/attacks/CSV_Injection
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def as_csv(name: str, columns: Iterable[str], rows: Iterable[Mapping[str, Any]]) -> HttpResponseBase:
    response = StreamingHttpResponse(_lines(list(columns), rows), content_type="text/csv; charset=utf-8")
    return _named(response, f"{name}.csv")


def as_json(name: str, data: Mapping[str, Any]) -> HttpResponseBase:
    return _named(JsonResponse(data, json_dumps_params={"ensure_ascii": False}), f"{name}.json")


def safe_cell(value: object) -> str:
    """Text that begins like a formula gets an apostrophe, which spreadsheets take for 'this is text'."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(FORMULA) else text


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        return text


def _lines(columns: list[str], rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield writer.writerow(columns)
    for row in rows:
        yield writer.writerow([safe_cell(row[column]) for column in columns])


def _named(response: HttpResponseBase, filename: str) -> HttpResponseBase:
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response
