"""Queries as they are typed."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.search.dates import Period, parse_period
from messaging.search.query import MAX_TERMS, parse

TODAY = date(2026, 11, 29)  # a Sunday


def parsed(text: str) -> list[tuple[str, str, bool]]:
    return [(term.kind.value, term.text, term.is_negated) for term in parse(text, today=TODAY).terms]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("depl now", [("word", "depl", False), ("word", "now", False)]),
        ('"exact words" rest', [("phrase", "exact words", False), ("word", "rest", False)]),
        ("„deutsch“", [("phrase", "deutsch", False)]),
        ('"never closed', [("phrase", "never closed", False)]),
        ("*port* *port port*", [("part", "port", False), ("part", "port", False), ("word", "port", False)]),
        ('-not -"this one" -from:me', [("word", "not", True), ("phrase", "this one", True), ("from", "me", True)]),
        (
            'from:@ana FROM:"Ana Sol" sender:me',
            [("from", "ana", False), ("from", "Ana Sol", False), ("from", "me", False)],
        ),
        ('in:#general channel:"Big room"', [("in", "general", False), ("in", "Big room", False)]),
        ("with:@ben dm:ben", [("with", "ben", False), ("with", "ben", False)]),
        ("has:image has:attachment", [("has", "image", False), ("has", "file", False)]),
        ("is:unread is:thread", [("is", "unread", False), ("is", "reply", False)]),
        ("before:2026-11 on:yesterday", [("before", "2026-11", False), ("on", "yesterday", False)]),
        ("on:last week done", [("on", "last week", False), ("word", "done", False)]),
        ("https://a.b/c", [("word", "https://a.b/c", False)]),
        (
            "has:nothing before:soon color:red",
            [("word", t, False) for t in ("has:nothing", "before:soon", "color:red")],
        ),
        ('from: in:# - -- * ** "" \'', [("word", "from:", False), ("word", "in:#", False)]),
        ("non-stop", [("word", "non-stop", False)]),
    ],
)
def test_terms(text, expected):
    assert parsed(text) == expected


@pytest.mark.parametrize(
    ("text", "first", "end"),
    [
        ("2026-11-02", date(2026, 11, 2), date(2026, 11, 3)),
        ("2026/1/2", date(2026, 1, 2), date(2026, 1, 3)),
        ("2026-12", date(2026, 12, 1), date(2027, 1, 1)),
        ("2026", date(2026, 1, 1), date(2027, 1, 1)),
        ("Today", date(2026, 11, 29), date(2026, 11, 30)),
        ("yesterday", date(2026, 11, 28), date(2026, 11, 29)),
        ("last week", date(2026, 11, 16), date(2026, 11, 23)),
        ("this_week", date(2026, 11, 23), date(2026, 11, 30)),
        ("last month", date(2026, 10, 1), date(2026, 11, 1)),
        ("last year", date(2025, 1, 1), date(2026, 1, 1)),
    ],
)
def test_periods(text, first, end):
    assert parse_period(text, TODAY) == Period(first, end)


@pytest.mark.parametrize("text", ["2026-13", "2026-02-30", "0001", "9999", "soon", "", "week"])
def test_other_texts_are_no_periods(text):
    assert parse_period(text, TODAY) is None


def test_a_period_has_the_times_of_its_zone():
    first, end = Period(date(2026, 11, 2), date(2026, 11, 3)).times(UTC)
    assert (first, end) == (datetime(2026, 11, 2, tzinfo=UTC), datetime(2026, 11, 3, tzinfo=UTC))


def test_too_many_terms_are_cut():
    query = parse("a " * 60, today=TODAY)
    assert (len(query.terms), query.is_cut) == (MAX_TERMS, True)


@given(
    st.text()
    | st.lists(st.sampled_from(['"', "-", "*", ":", "from:", "on:", "last", "week", "a", " ", "é", "字"])).map("".join)
)
def test_any_text_is_a_query(text):
    parse(text, today=TODAY)
