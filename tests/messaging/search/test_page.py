"""The page of the search, and the snippets on it."""

from datetime import date

import pytest
from django.utils.formats import date_format

from accounts.models import Block
from messaging.posting.actions import delete_message
from messaging.search.description import describe
from messaging.search.snippets import LENGTH, make_snippet
from rooms.models import Room
from tests.factories import log_in, make_member, make_room, make_user, post


@pytest.fixture
def room(db):
    return make_room("Design", owner=make_user("ana", display_name="Ana Ferreira"))


@pytest.fixture
def client(room):
    return log_in(make_member(room, make_user("mira", display_name="Mira Sol")))


def results(client, query: str, **parameters: str) -> str:
    response = client.get("/search/", {"q": query, **parameters})
    assert response.status_code == 200
    return response.content.decode()


def shown(parts) -> str:
    return "".join(f"[{part.text}]" if part.is_found else part.text for part in parts)


def test_results_are_links_to_messages_with_the_words_marked(client, room):
    message = post(room, room.created_by, "The **deployment** failed & stopped")
    text = results(client, "deploy")
    assert f'href="/rooms/{room.pk}/messages/{message.seq}/"' in text
    assert "The <mark>deployment</mark> failed &amp; stopped" in text
    assert "Ana Ferreira" in text
    assert "#<bdi>Design</bdi>" in text


def test_messages_in_rooms_of_others_and_of_blocked_people_and_deleted_ones_are_not_shown(client, room):
    secret = make_room("Secret", owner=room.created_by, kind="private")
    post(secret, room.created_by, "A secret plan")
    assert "No messages found." in results(client, "plan")
    message = post(room, room.created_by, "A public plan")
    assert "<mark>plan</mark>" in results(client, "plan")
    delete_message(actor=room.created_by, message_id=message.pk)
    assert "No messages found." in results(client, "plan")
    post(room, room.created_by, "A new plan")
    Block.objects.create(blocker_id=client.session["_auth_user_id"], blocked=room.created_by)
    assert "No messages found." in results(client, "plan")


def test_page_without_a_query_explains_the_operators(client):
    text = results(client, "")
    assert "<code>from:ana</code>" in text
    assert "No messages found." not in text


def test_nothing_found_says_what_was_understood(client):
    text = results(client, 'in:design "two words" -has:link before:2026-11-02 other')
    assert "No messages found." in text
    for phrase in (
        "in #Design",
        "“two words”",
        "not: with a link",
        f"before {date_format(date(2026, 11, 2))}",
        "“other”",
    ):
        assert f"<bdi>{phrase}</bdi>" in text


def test_unknown_names_are_told(client):
    assert "There’s no one named “nobody”." in results(client, "from:nobody")


@pytest.mark.parametrize(
    ("parameters", "error"),
    [
        ({"q": "a" * 201}, "q: Use at most 200 characters."),
        ({"q": "a", "order": "worst"}, "order: Choose one of"),
        ({"q": "a", "before": "x"}, "before: Give the value of next"),
    ],
)
def test_invalid_parameters_are_named_on_the_page(client, parameters, error):
    text = client.get("/search/", parameters).content.decode()
    assert 'role="alert"' in text
    assert error.partition(": ")[2] in text


def test_pages_of_results_follow_each_other_to_the_end(client, room):
    for number in range(30):
        post(room, room.created_by, f"Report {number:02}")
    first = results(client, "report")
    assert first.count('class="search-result"') == 25
    following = first.partition('class="search-more"')[2].partition('href="')[2].partition('"')[0].replace("&amp;", "&")
    last = client.get(following).content.decode()
    assert last.count('class="search-result"') == 5
    assert "search-more" not in last


def test_number_of_queries_does_not_depend_on_the_number_of_results(client, room, django_assert_max_num_queries):
    for number in range(20):
        post(room, make_member(room), f"Report {number}")
    with django_assert_max_num_queries(25):
        results(client, "report")


class TestSnippets:
    def test_begins_shortly_before_the_first_word(self):
        text = "first " * 100 + "needle " + "last " * 100
        snippet = shown(make_snippet(f"<p>{text}</p>", ["needle"]))
        assert snippet.startswith("…first")
        assert "[needle]" in snippet
        assert snippet.endswith("…")
        assert len(snippet) <= LENGTH + 4

    def test_marks_all_spellings_and_phrases_across_lines(self):
        assert shown(make_snippet("<p>one<br>two Twos</p>", ["one two", "Two"])) == "[one two] [Two]s"

    def test_shows_no_spoiler(self):
        html = '<p>It is <span class="spoiler">the butler</span></p>'
        assert "butler" not in shown(make_snippet(html, ["butler"]))

    def test_text_that_looks_like_markup_stays_text(self):
        assert shown(make_snippet("<p>a &lt;b&gt; c</p>", ["b"])) == "a <[b]> c"


def test_alternatives_of_a_name_are_described():
    people = [{"name": name} for name in ("Ana", "Anna", "Anni", "Anke")]
    term = {"kind": "from", "text": "an", "negated": False, "people": people}
    assert describe(term) == "from Ana or Anna or Anni …"


@pytest.mark.parametrize("query", ["word", "-word", "is:unread", "from:me", "in:secret", "word -in:secret", "has:file"])
def test_person_who_sees_no_room_finds_nothing_by_any_query(db, query):
    Room.objects.all().delete()  # the default room too
    secret = make_room("Secret", owner=make_user("ana"), kind="private")
    post(secret, secret.created_by, "word")
    assert "No messages found." in results(log_in(make_user("solo")), query)
