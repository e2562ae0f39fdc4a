"""Message search: results, their order, and the description of the query."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models.connection import Connection, ServerProcess
from messaging.models import AttachmentText, Message, SearchBackfill
from messaging.posting.actions import clear_history, delete_message, edit_message, pin_message
from messaging.search import find, vocabulary
from messaging.search.engines import postgres
from messaging.search.index import index_messages
from messaging.web import found as view
from rooms.actions import archive_room, open_direct_room, remove_member
from rooms.blocking import block_person
from rooms.models import Membership, Room
from tests.factories import log_in, make_attachment, make_member, make_room, make_user, post

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def unlimited(monkeypatch):
    """Lift the limits of rate and time, which a busy machine would exceed."""
    monkeypatch.setattr(find, "SECONDS", 60)
    monkeypatch.setattr(postgres, "TIMEOUT_MS", 60_000)
    monkeypatch.setattr(view, "_limits", type(view._limits)(0, 0))


@pytest.fixture
def ana():
    return make_user("ana", display_name="Ana Sol")


@pytest.fixture
def ben():
    return make_user("ben", display_name="Ben")


@pytest.fixture
def room(ana, ben):
    room = make_room("Workshop", owner=ana, kind="private")
    make_member(room, ben)
    return room


@pytest.fixture
def ask(ana):
    """Return a function that searches, as Ana or someone else, and returns the JSON."""

    def ask(query: str, user=ana, **parameters):
        response = log_in(user, **{"X-Requested-With": "fetch"}).get("/search/messages/", {"q": query, **parameters})
        assert response.status_code == 200, response.content
        return response.json()

    return ask


@pytest.fixture
def bodies(ask):
    """Return a function that searches and returns the texts of the messages."""
    return lambda query, user=None, **parameters: [
        message["body"] for message in ask(query, **({"user": user} if user else {}), **parameters)["messages"]
    ]


def at(message: Message, moment: datetime) -> None:
    """Change when a message was posted."""
    Message.objects.filter(pk=message.pk).update(created_at=moment)
    index_messages([Message.objects.get(pk=message.pk)])


class TestWords:
    @pytest.mark.parametrize(
        ("query", "text"),
        [
            ("deployment", "The deployment failed"),
            ("depl", "The deployment failed"),
            ("DEPL fail", "The deployment failed"),
            ("*ploy*", "The deployment failed"),
            ("ployment", "The deployment failed"),
            ("resume", "Mein Résumé"),
            ("Résumé", "my resume"),
            ("strasse", "Die Straße"),
            ("東", "東京都に行く"),
            ("京都", "東京都に行く"),
            ("東京都", "東京都に行く"),
            ("く", "東京都に行く"),
            ("회의", "오늘 회의를 시작"),
            ('"to be or not to be"', "He said: to be, or not to be!"),
            ("foo.bar", "call foo.bar()"),
            ("docker-comp", "docker-compose up"),
            ("https://example.com/a", "see https://example.com/a/b"),
            ("it’s", "It's here"),
            ("v2.1", "released v2.1"),
            ("🎉", "done 🎉"),
            ("12345678", "ticket 12345678"),
        ],
    )
    def test_found(self, room, ana, bodies, query, text):
        post(room, ana, text)
        post(room, ana, "Something else entirely")
        assert bodies(query) == [text]

    @pytest.mark.parametrize(
        ("query", "text"),
        [
            ('"be to"', "to be"),
            ('"depl"', "The deployment failed"),
            ("failed -deployment", "The deployment failed"),
            ('failed -"the deployment"', "The deployment failed"),
            ("京東", "東京"),
            ("が", "か"),
            ("deployment absent", "The deployment failed"),
            ("bar.foo", "call foo.bar()"),
        ],
    )
    def test_not_found(self, room, ana, bodies, query, text):
        post(room, ana, text)
        assert bodies(query) == []

    def test_only_so_many_parts_of_words_are_looked_up(self, room, ana, bodies, monkeypatch):
        post(room, ana, "deployment failed")
        assert bodies("*ploy* *aile*") == ["deployment failed"]
        monkeypatch.setattr(vocabulary, "MAX_PARTS", 1)
        assert bodies("*ploy* failed") == bodies("ployment failed") == ["deployment failed"]
        assert bodies("*ploy* *aile*") == bodies("ployment ailed") == []

    def test_a_query_without_words_finds_nothing(self, room, ana, ask):
        post(room, ana, "Hello")
        for query in ("", "  ", "-", '""', "*"):
            assert ask(query)["messages"] == []

    def test_a_query_that_only_excludes_finds_the_others(self, room, ana, bodies):
        post(room, ana, "one")
        post(room, ana, "two")
        assert bodies("-one") == ["two"]

    def test_edited_and_deleted_messages(self, room, ana, bodies):
        first, second = post(room, ana, "before"), post(room, ana, "before it")
        edit_message(actor=ana, message_id=first.pk, body="after")
        delete_message(actor=ana, message_id=second.pk)
        assert (bodies("before"), bodies("after")) == ([], ["after"])


class TestOperators:
    @pytest.fixture(autouse=True)
    def conversation(self, room, ana, ben):
        self.room, self.other = room, make_room("Big Room", owner=ana)
        self.direct = open_direct_room(user=ana, other=ben)
        post(room, ana, "x one")
        reply_to = post(room, ben, "x two https://example.com")
        post(self.other, ana, "x three `code`")
        post(self.direct, ben, "x four")
        post(room, ana, "x five", reply_to_id=reply_to.pk)

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("from:me", "five three one"),
            ("from:@ana", "five three one"),
            ('from:"Ana Sol"', "five three one"),
            ("from:an", "five three one"),
            ("-from:me", "four two"),
            ("from:ana from:ben", ""),
            ("in:workshop", "five two one"),
            ("in:#big-room", "three"),
            ('in:"Big Room"', "three"),
            ("in:big", "three"),
            ("-in:workshop", "four three"),
            ("with:@ben", "four"),
            ("has:link", "two"),
            ("has:code", "three"),
            ("-has:link -has:code", "five four one"),
            ("is:reply", "five"),
            ("is:pinned", ""),
            ("in:nowhere", ""),
            ("from:nobody", ""),
            ("-from:nobody", "five four three two one"),
            ("has:image", ""),
            ("on:today", "five four three two one"),
            ("before:today", ""),
            ("after:yesterday", "five four three two one"),
            ("from:me in:workshop on:today x", "five one"),
        ],
    )
    def test_found(self, bodies, query, found):
        assert [body.split()[1] for body in bodies(query)] == found.split()

    def test_pinned_and_edited(self, ana, bodies):
        message = post(self.room, ana, "x six")
        pin_message(actor=ana, message_id=message.pk)
        assert bodies("is:pinned") == bodies("has:pin") == ["x six"]
        edit_message(actor=ana, message_id=message.pk, body="x seven")
        assert bodies("is:edited") == ["x seven"]

    def test_unread(self, ana, ben, bodies):
        Membership.objects.filter(user=ana).update(last_read_seq=1)
        assert bodies("is:unread") == ["x two https://example.com"]
        assert "x two https://example.com" not in bodies("-is:unread")
        assert bodies("is:unread", user=ben) == ["x five"]

    def test_a_mention_that_an_edit_adds_is_unread(self, ana, ben, bodies):
        message = post(self.room, ben, "x six")
        post(self.room, ben, "x seven")
        Membership.objects.filter(user=ana).update(last_read_seq=100)
        assert bodies("is:unread") == []
        edit_message(actor=ben, message_id=message.pk, body="x six for @ana")
        assert bodies("is:unread") == ["x six for @ana"]
        assert "x six for @ana" not in bodies("-is:unread")
        assert "x seven" in bodies("-is:unread")

    def test_mentions(self, ana, ben, bodies):
        post(self.room, ben, "x six for @ana")
        post(self.room, ana, "x seven for @room and @ana")
        assert bodies("is:mention") == ["x six for @ana"]
        assert bodies("is:mention", user=ben) == ["x seven for @room and @ana"]
        assert "x six for @ana" not in bodies("-is:mention x")
        assert "x seven for @room and @ana" in bodies("-is:mention x")

    def test_mentions_of_everyone_are_of_those_who_were_there(self, ana, ben, bodies):
        post(self.room, ana, "x six for @here")
        Connection.objects.create(user=ben, process=ServerProcess.objects.create(host="host", pid=1))
        post(self.room, ana, "x seven for @here")
        post(self.room, ana, "x eight for @room")
        cleo = make_member(self.room, make_user("cleo"))
        assert bodies("is:mention", user=ben) == ["x eight for @room", "x seven for @here"]
        assert bodies("is:mention", user=cleo) == []
        assert "x six for @here" in bodies("-is:mention", user=ben)
        assert "x seven for @here" not in bodies("-is:mention", user=ben)
        assert "x seven for @here" in bodies("-is:mention", user=cleo)

    def test_with_oneself_or_without_a_conversation(self, ask):
        make_user("cleo")
        assert ask("with:cleo")["understood"][0]["problem"] == "no_conversation"
        assert ask("with:me")["understood"][0]["problem"] == "no_conversation"


class TestDates:
    @pytest.fixture(autouse=True)
    def messages(self, room, ana):
        for text, moment in {
            "old": datetime(2024, 12, 31, 23, 30, tzinfo=UTC),
            "january": datetime(2025, 1, 1, 0, 30, tzinfo=UTC),
            "march": datetime(2025, 3, 10, 12, tzinfo=UTC),
            "april": datetime(2025, 4, 1, 5, tzinfo=UTC),
        }.items():
            at(post(room, ana, text), moment)

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("on:2025", "april march january"),
            ("on:2024", "old"),
            ("on:2025-03", "march"),
            ("on:2025-01-01", "january"),
            ("before:2025", "old"),
            ("before:2025-03-10", "january old"),
            ("after:2025-03-10", "april"),
            ("after:2025-03", "april"),
            ("after:2024 before:2025-04", "march january"),
            ("-on:2025", "old"),
            ("-before:2025-04", "april"),
            ("on:2023", ""),
            ("before:2024 after:2026", ""),
        ],
    )
    def test_found(self, bodies, query, found):
        assert bodies(query) == found.split()

    def test_days_are_those_of_the_viewers_time_zone(self, ana, ask):
        client = log_in(ana, **{"X-Requested-With": "fetch"})
        client.cookies["time_zone"] = "America/New_York"
        response = client.get("/search/messages/", {"q": "on:2024-12-31"})
        assert [message["body"] for message in response.json()["messages"]] == ["january", "old"]


class TestFiles:
    def test_names_and_texts_are_found_and_highlighted(self, room, ana, ask):
        file = make_attachment(room, ana, name="Quarterly plan.txt", kind="text")
        AttachmentText.objects.create(attachment=file, tokens="budget of next year")
        message = post(room, ana, "", attachments=(file.pk,))
        for query in ("quarterly", "budg", '"next year"', "has:file", "has:text"):
            assert [found["id"] for found in ask(query)["messages"]] == [message.pk]
        assert ask("quarter")["messages"][0]["highlights"] == ["Quarterly"]


class TestVisibility:
    """The matrix in tests/test_matrix.py has the other cases."""

    def test_cleared_messages_are_not_found(self, room, ana, ben, bodies):
        post(room, ben, "word before")
        clear_history(user=ana, room_id=room.pk)
        post(room, ben, "word after")
        assert bodies("word") == ["word after"]
        assert bodies("word", user=ben) == ["word after", "word before"]

    def test_people_who_are_blocked_are_not_found_even_by_moderators(self, room, ana, ben, bodies):
        post(room, ben, "word")
        block_person(user=ana, other=ben)
        assert bodies("word") == bodies("from:ben") == []

    def test_rooms_that_one_has_left_are_not_found(self, room, ana, ben, bodies, ask):
        post(room, ana, "word")
        remove_member(actor=ana, room=room, user=ben)
        assert bodies("word", user=ben) == []
        assert ask("in:workshop", user=ben)["understood"][0]["problem"] == "no_room"

    def test_public_and_archived_rooms_are_found(self, ana, ben, bodies):
        public = make_room("Garden", owner=ana)
        post(public, ana, "word")
        archive_room(actor=ana, room=public)
        assert bodies("word", user=ben) == ["word"]

    @pytest.mark.parametrize("hits", [10, 1_000])
    def test_messages_of_others_do_not_hide_ones_own(self, ana, ben, bodies, monkeypatch, hits):
        monkeypatch.setattr(find, "OF_HITS", hits)
        monkeypatch.setattr(find, "FEW_ROOMS", 0)
        monkeypatch.setattr(find, "FIRST_PORTION", 3)
        monkeypatch.setattr(find, "LARGEST_PORTION", 5)
        Room.objects.filter(kind="public").delete()
        own, foreign = make_room(owner=ben, kind="private"), make_room(owner=ana, kind="private")
        post(own, ben, "word of mine")
        for number in range(40):
            post(foreign, ana, f"word {number}")
        assert bodies("word", user=ben) == ["word of mine"]


class TestPages:
    def test_pages_follow_each_other_without_gaps(self, room, ana, ask, monkeypatch):
        monkeypatch.setattr(find, "PAGE", 3)
        monkeypatch.setattr(find, "FIRST_PORTION", 2)
        posted = [post(room, ana, f"word {number}").pk for number in range(8)]
        found, before = [], {}
        while True:
            page = ask("word", **before)
            found += [message["id"] for message in page["messages"]]
            if page["next"] is None:
                break
            before = {"before": page["next"]}
        assert found == posted[::-1]

    def test_windows_reach_back_to_the_first_message(self, room, ana, bodies, monkeypatch):
        monkeypatch.setattr(postgres, "LEVELS", (3, 0))
        monkeypatch.setattr(postgres, "FIRST_WINDOW", 1)
        post(room, ana, "needle")
        for number in range(30):
            post(room, ana, f"hay {number}")
        assert bodies("needle") == ["needle"]

    def test_a_search_whose_time_is_over_says_where_to_go_on(self, room, ana, ask, monkeypatch):
        post(room, ana, "word")
        monkeypatch.setattr(find, "SECONDS", -1)
        page = ask("word")
        assert page["messages"] == []
        assert page["next"] is not None

    def test_the_best_matches_come_first(self, room, ana, bodies):
        whole = "port"
        for text in (whole, "portable", "a port in a much longer message about other things " * 5):
            post(room, ana, text)
        assert bodies("port", order="newest")[-1] == whole
        assert bodies("port", order="best")[0] == whole

    def test_new_messages_are_better_than_old_ones(self, room, ana, bodies):
        post(room, ana, "port now")
        at(post(room, ana, "port then"), timezone.now() - timedelta(days=1_000))
        assert bodies("port", order="best") == ["port now", "port then"]


class TestAnswer:
    def test_messages_are_as_in_the_history_with_their_rooms(self, room, ana, ben, ask):
        direct = open_direct_room(user=ana, other=ben)
        post(room, ana, "word")
        post(direct, ben, "word")
        page = ask("word")
        history = log_in(ana).get(f"/rooms/{room.pk}/messages/").json()["messages"][0]
        found = page["messages"][1]
        assert found.pop("highlights") == ["word"]
        assert found == history
        assert page["rooms"][str(room.pk)]["name"] == "Workshop"
        assert page["rooms"][str(direct.pk)]["peer"]["username"] == "ben"
        assert (page["query"], page["order"], page["next"], page["indexing"]) == ("word", "newest", None, None)

    @pytest.mark.parametrize(
        ("query", "text", "expected"),
        [
            ("depl", "The Deployment, deployed by Deplo", ["Deployment", "deployed", "Deplo"]),
            ("*ploy*", "The Deployment", ["Deployment"]),
            ("ployment", "The Deployment", ["Deployment"]),
            ("re-ployment", "The re-Deployment", ["re-Deployment"]),
            ("resume", "mon Résumé", ["Résumé"]),
            ('"to be"', "To be, or not TO  BE", ["To be", "TO  BE"]),
            ("京都", "東京都", ["京都"]),
            ("dont", "I don’t", ["don’t"]),
            ("foo.bar", "use foo.bar here", ["foo.bar"]),
            ("in:workshop", "nothing", []),
        ],
    )
    def test_words_to_highlight_are_spelled_as_in_the_message(self, room, ana, ask, query, text, expected):
        post(room, ana, text)
        assert ask(query)["messages"][0]["highlights"] == expected

    def test_what_was_understood(self, room, ana, ben, ask):
        understood = ask("word -from:ben in:nowhere on:2026-11 has:file")["understood"]
        assert [(term["kind"], term["text"], term["negated"]) for term in understood] == [
            ("word", "word", False),
            ("from", "ben", True),
            ("in", "nowhere", False),
            ("on", "2026-11", False),
            ("has", "file", False),
        ]
        assert understood[1]["people"][0]["username"] == "ben"
        assert understood[2]["problem"] == "no_room"
        assert understood[2]["message"] == "There’s no room named “nowhere”."
        assert (understood[3]["first"], understood[3]["end"]) == ("2026-11-01", "2026-12-01")

    @pytest.mark.parametrize("kind", ["", "from:", "in:", "with:", "-", "*", "on:", "has:"])
    def test_no_characters_make_a_query_fail(self, room, ana, ask, kind):
        post(room, ana, "word")
        for text in (
            "'",
            "a'b",
            "%",
            "_%",
            "\\",
            "(",
            ")",
            "&|!",
            "<->",
            ":*",
            "^",
            "\u202e",
            "\ufffd",
            "'a':1",
        ):
            ask(f'{kind}{text} {kind}"{text}"')

    def test_progress_of_indexing(self, ask):
        SearchBackfill.objects.create(top=100, below=40)
        assert ask("word")["indexing"] == {"done": 60, "total": 100}

    @pytest.mark.parametrize(
        ("parameters", "field"), [({"q": "x" * 201}, "q"), ({"order": "worst"}, "order"), ({"before": "x"}, "before")]
    )
    def test_invalid_parameters_are_refused(self, ana, parameters, field):
        response = log_in(ana, **{"X-Requested-With": "fetch"}).get("/search/messages/", parameters)
        assert response.status_code == 400
        assert response.json()["field"] == field

    def test_strangers_must_log_in(self, ana):
        assert Client(headers={"X-Requested-With": "fetch"}).get("/search/messages/?q=x").status_code == 401

    def test_the_rate_is_limited(self, ana, monkeypatch):
        monkeypatch.setattr(view, "_limits", type(view._limits)(0.001, 2))
        client = log_in(ana, **{"X-Requested-With": "fetch"})
        answers = [client.get("/search/messages/?q=x") for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert int(answers[2]["Retry-After"]) > 0

    def test_queries_do_not_grow_with_the_number_of_results(self, room, ana, django_assert_max_num_queries):
        for number in range(30):
            post(room if number % 2 else make_room(owner=ana), ana, f"word {number}")
        client = log_in(ana, **{"X-Requested-With": "fetch"})
        with django_assert_max_num_queries(20):  # of which 9 are for the session
            assert len(client.get("/search/messages/?q=word").json()["messages"]) == find.PAGE
