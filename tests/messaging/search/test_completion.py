"""Completing a search while it is typed."""

import pytest

from accounts.models import Block
from messaging.search.completion import LIMIT, complete
from messaging.search.query import Kind, parse
from rooms.moderation import ban_member
from tests.factories import log_in, make_member, make_room, make_user


@pytest.fixture
def viewer(db):
    return make_user("mira", display_name="Mira Sol")


def texts(viewer, typed: str) -> list[str]:
    return [completion.text for completion in complete(viewer, typed)[1]]


@pytest.mark.parametrize(
    ("typed", "start", "expected"),
    [
        ("fr", 0, ["from:"]),
        ("plan -h", 5, ["-has:"]),
        ("b", 0, ["before:"]),
        ("has:im", 0, ["has:image "]),
        ("-is:p", 0, ["-is:pinned "]),
        ("before:yes", 0, ["before:yesterday "]),
        ('on:"last', 0, ['on:"last week" ', 'on:"last month" ']),
        ("plan", 0, []),
        ("plan ", 5, []),
        ("nothing:x", 0, []),
        ("", 0, []),
    ],
)
def test_operators_and_their_values(viewer, typed, start, expected):
    assert (complete(viewer, typed)[0], texts(viewer, typed)) == (start, expected)


def test_people_by_name_and_username_but_not_those_who_are_blocked(viewer):
    make_user("linus.t", display_name="Anders Törn")
    blocked = make_user("anders.b")
    Block.objects.create(blocker=viewer, blocked=blocked)
    assert texts(viewer, "from:and") == ["from:@linus.t "]
    assert texts(viewer, "with:@linus") == ["with:@linus.t "]
    assert "from:me " in texts(viewer, "from:m")
    assert "with:me " not in texts(viewer, "with:m")


def test_rooms_that_one_may_see(viewer):
    make_room("Design Team")
    make_room("Designs", kind="private")
    banned = make_room("Design of others")
    make_member(banned, viewer)
    ban_member(actor=banned.created_by, room=banned, user=viewer)
    assert texts(viewer, "in:des") == ['in:"Design Team" ']
    assert texts(viewer, "in:#team") == ['in:"Design Team" ']
    assert texts(viewer, 'in:"design t') == ['in:"Design Team" ']


def test_completed_operators_are_understood(viewer):
    make_room('The "best" room')
    for typed in ("in:the", "has:f", "is:u", "before:t", 'after:"this', "from:m"):
        for text in texts(viewer, typed):
            [term] = parse(text, today=viewer.date_joined.date()).terms
            assert term.kind in Kind
            assert term.kind.value == typed.partition(":")[0], text


def test_number_of_completions_is_limited(viewer):
    for number in range(LIMIT + 5):
        make_room(f"Room {number}")
    assert len(texts(viewer, "in:room")) == LIMIT


def test_view_returns_the_completions_with_faces(viewer):
    make_user("linus", display_name="Linus Törn")
    answer = log_in(viewer).get("/search/completions/", {"q": "plan from:lin"}).json()
    assert answer["start"] == 5
    [completion] = answer["completions"]
    assert completion["text"] == "from:@linus "
    assert completion["label"] == completion["person"]["name"] == "Linus Törn"


def test_text_that_is_too_long_is_refused(viewer):
    response = log_in(viewer).get("/search/completions/", {"q": "a" * 201}, headers={"Accept": "application/json"})
    assert response.status_code == 400
    assert response.json()["field"] == "q"
