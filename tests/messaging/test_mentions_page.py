"""The page with the messages that mention the user. The matrix in tests/test_matrix.py has who sees them."""

import re

import pytest

from messaging.history import mentions
from messaging.posting.actions import clear_history, delete_message, edit_message
from rooms.actions import open_direct_room
from rooms.models import Membership
from tests.factories import log_in, make_member, make_room, make_user, post


@pytest.fixture
def ana(db):
    return make_user("ana", display_name="Ana Ferreira")


@pytest.fixture
def ben(db):
    return make_user("ben", display_name="Ben Cole")


@pytest.fixture
def room(ana, ben):
    room = make_room("Design", owner=ana)
    make_member(room, ben)
    return room


def page_of(user, query: str = "") -> str:
    response = log_in(user).get(f"/mentions/{query}")
    assert response.status_code == 200
    return response.content.decode()


def texts(page: str) -> list[str]:
    found = re.findall(r'class="search-result__text"[^>]*>(.*?)</span>', page)
    return [re.sub("<[^>]*>", "", text) for text in found]


def test_mentions_of_all_rooms_are_links_with_their_context_the_newest_first(room, ana, ben):
    post(room, ana, "Nothing for anyone")
    message = post(room, ana, "Look at **this**, @Ben & co.")
    post(open_direct_room(user=ana, other=ben), ana, "And you, @ben?")
    post(room, ben, "I am @ben")
    page = page_of(ben)
    assert texts(page) == ["And you, @ben?", "Look at this, @Ben &amp; co."]
    assert f'href="/rooms/{room.pk}/messages/{message.seq}/"' in page
    assert "Look at this, <mark>@Ben</mark> &amp; co." in page
    assert "#<bdi>Design</bdi>" in page
    assert texts(page_of(ana)) == []


def test_unread_ones_are_marked(room, ana, ben):
    post(room, ana, "One for @ben")
    Membership.objects.filter(user=ben).update(last_read_seq=1)
    post(room, ana, "Two for @ben")
    assert page_of(ben).count("search-result__new") == 1


def test_cleared_deleted_and_changed_messages_are_left_out(room, ana, ben):
    post(room, ana, "One for @ben")
    clear_history(user=ben, room_id=room.pk)
    deleted, edited = post(room, ana, "Two for @ben"), post(room, ana, "Three for @ben")
    post(room, ana, "Four for @ben")
    delete_message(actor=ana, message_id=deleted.pk)
    edit_message(actor=ana, message_id=edited.pk, body="Three for no one")
    assert texts(page_of(ben)) == ["Four for @ben"]


def test_pages_follow_each_other_without_gaps(room, ana, ben, monkeypatch):
    monkeypatch.setattr(mentions, "PAGE", 3)
    for number in range(7):
        post(room, ana, f"{number} for @ben")
    found, query = [], ""
    while query is not None:
        page = page_of(ben, query)
        found += texts(page)
        more = re.search(r'href="/mentions/(\?before=\d+)"', page)
        query = more and more[1]
    assert found == [f"{number} for @ben" for number in range(6, -1, -1)]


def test_empty_page_says_what_a_mention_is(ana):
    assert "<b><bdi>@ana</bdi></b>" in page_of(ana)


def test_invalid_page_is_refused(ana):
    assert log_in(ana).get("/mentions/?before=x").status_code == 400


def test_number_of_queries_does_not_depend_on_the_number_of_mentions(room, ana, ben, django_assert_max_num_queries):
    client = log_in(ben)
    for number in range(40):
        post(room, ana, f"{number} for @ben")
    client.get("/mentions/")
    with django_assert_max_num_queries(10):
        client.get("/mentions/")
