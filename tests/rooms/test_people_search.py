"""The search for people."""

import pytest
from django.urls import reverse

from accounts.lifecycle.deletion import delete_account
from accounts.models import NamePart, User
from accounts.unicode.folding import fold
from live.rate_limit import TokenBuckets
from rooms import actions
from rooms.blocking import block_person
from rooms.models import Room
from rooms.people_search import CANDIDATES, LIMIT, search_people
from rooms.search_limit import BURST, SearchLimit
from rooms.views import browse
from rooms.views import search as search_view
from tests.factories import make_member, make_room, make_user
from tests.rooms.conftest import json_client

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana(everyone) -> User:
    return make_user("ana.brandt", display_name="Ana Brandt")


@pytest.fixture
def search(as_user, ana, monkeypatch):
    """Return a function that searches as Ana and returns the response."""
    monkeypatch.setattr(search_view, "_limit", SearchLimit())
    client = json_client(as_user(ana))
    return lambda query="", **fields: client.get("/people/search/", {"q": query, **fields})


def names(response) -> list[str]:
    return [person["name"] for person in response.json()["people"]]


class TestNames:
    @pytest.mark.parametrize(
        ("name", "query"),
        [
            ("Petra Farouk", "petra"),
            ("Petra Farouk", "FAR"),
            ("Petra Farouk", "petra far"),
            ("Petra Farouk", "far pet"),
            ("José García", "jose garcia"),
            ("Łukasz Żak", "lukasz z"),
            ("Søren", "soren"),
            ("Soren", "søren"),
            ("Straße", "STRASSE"),
            ("Siobhán O’Brien", "o'brien"),
            ("Siobhán O’Brien", "obri"),
            ("Jean-Luc", "luc"),
            ("山田太郎", "太郎"),
            ("김철수", "철수"),
            ("Аня Ёлкина", "елки"),
            ("İsmail", "ismail"),
            ("नरेन्द्र मोदी", "मोदी"),
            ("محمد علي", "علي"),
        ],
    )
    def test_someone_is_found_by_the_start_of_a_word(self, ana, name, query):
        person = make_user("someone", display_name=name)
        assert search_people(ana, query) == [person]

    @pytest.mark.parametrize("query", ["petra.f", "@petra", "farouk", "petra farouk"])
    def test_someone_is_found_by_username(self, ana, query):
        person = make_user("petra.farouk", display_name="P.")
        assert search_people(ana, query) == [person]

    @pytest.mark.parametrize("query", ["etra", "petra x", "farouk petras", "🦄"])
    def test_other_texts_find_no_one(self, ana, query):
        make_user("petra.farouk", display_name="Petra Farouk")
        assert search_people(ana, query) == []

    def test_a_changed_name_is_found_and_the_old_one_is_not(self, ana):
        person = make_user("someone", display_name="Petra Farouk")
        person.display_name = "Petra Silva"
        person.save(update_fields=["display_name"])
        assert search_people(ana, "silva") == [person]
        assert search_people(ana, "farouk") == []

    def test_saving_other_fields_does_not_touch_the_index(self, ana, django_assert_num_queries):
        with django_assert_num_queries(3):  # a savepoint around the update
            ana.save(update_fields=["theme"])

    @pytest.mark.parametrize("text", ["ﷺ" * 500, "á" * 500, "山" * 500, "a " * 300, "👩‍👩‍👧" * 100, "\u0301" * 1000])
    def test_folding_is_bounded(self, text):
        assert len(fold(text)) <= 128


class TestOrder:
    def test_exact_names_come_first_then_partners_then_people_who_share_rooms(self, ana):
        stranger = make_user("kim.a")
        companion, partner = make_user("kim.b"), make_user("kim.c")
        exact = make_user("kim")
        second_word = make_user("aa", display_name="Aa Kim")
        room = make_room(owner=ana)
        make_member(room, companion)
        actions.open_direct_room(user=ana, other=partner)
        assert search_people(ana, "kim") == [exact, partner, companion, stranger, second_word]

    def test_default_rooms_bring_no_one_closer(self, ana, everyone):
        make_member(everyone, ana)
        first, member = make_user("kim.a"), make_user("kim.b")
        make_member(everyone, member)
        assert search_people(ana, "kim") == [first, member]

    def test_a_partner_is_found_behind_any_number_of_names(self, ana):
        people = User.objects.bulk_create(
            User(username=f"kim{number:04}", username_key=f"kim{number:04}") for number in range(CANDIDATES + 1)
        )
        for person in people:
            NamePart.objects.index(person.pk, person.username)
        partner = make_user("kim.zuzana")
        actions.open_direct_room(user=ana, other=partner)
        found = search_people(ana, "k")
        assert found == [partner, *people[: LIMIT - 1]]

    def test_without_words_the_latest_direct_conversations_are_returned(self, ana):
        earlier, later, _stranger = make_user("a"), make_user("b"), make_user("c")
        for minute, person in enumerate((later, earlier)):
            room = actions.open_direct_room(user=ana, other=person)
            Room.objects.filter(pk=room.pk).update(last_at=f"2026-01-01 10:0{9 - minute}:00Z")
        assert search_people(ana, "") == search_people(ana, " .") == [later, earlier]


class TestPrivacy:
    def test_blocked_people_are_left_out(self, ana):
        blocked = make_user("kim")
        actions.open_direct_room(user=ana, other=blocked)
        block_person(user=ana, other=blocked)
        ana.__dict__.pop("blocklist", None)
        assert search_people(ana, "kim") == search_people(ana, "") == []

    def test_suspended_and_deleted_people_are_left_out(self, ana):
        suspended, deleted = make_user("kim.suspended", is_active=False), make_user("kim.deleted")
        actions.open_direct_room(user=ana, other=deleted)
        delete_account(user=deleted, with_messages=False)
        assert search_people(ana, "kim") == search_people(ana, "deleted") == search_people(ana, "") == []
        assert not NamePart.objects.filter(user=deleted).exists()
        assert NamePart.objects.filter(user=suspended).exists()

    def test_one_does_not_find_oneself(self, ana):
        assert search_people(ana, "ana") == []


class TestEndpoint:
    def test_anonymous_users_must_log_in(self, ana, as_user):
        assert json_client(as_user()).get(reverse("rooms:people_search")).status_code == 401

    def test_returns_profiles(self, search):
        person = make_user("kim", display_name="Kim Lee", status_text="At lunch")
        assert search("k").json() == {
            "people": [
                {
                    "id": person.pk,
                    "username": "kim",
                    "name": "Kim Lee",
                    "avatar": None,
                    "status_text": "At lunch",
                    "status_until": None,
                }
            ]
        }

    def test_returns_twenty_people_at_most(self, search):
        for number in range(LIMIT + 1):
            make_user(f"kim{number:02}")
        assert names(search("kim")) == [f"kim{number:02}" for number in range(LIMIT)]

    def test_excludes_people_by_id(self, search):
        kim, lee = make_user("kim.a"), make_user("kim.b")
        assert names(search("kim", exclude=f"{kim.pk},999")) == [lee.username]

    @pytest.mark.parametrize("kind", ["public", "private"])
    def test_marks_the_members_of_a_room(self, search, ana, kind):
        room = make_room(owner=ana, kind=kind)
        make_member(room, make_user("kim.inside"))
        make_user("kim.outside")
        marks = {person["name"]: person["is_member"] for person in search("kim", room=room.pk).json()["people"]}
        assert marks == {"kim.inside": True, "kim.outside": False}

    def test_members_of_a_room_can_come_first(self, search, ana):
        room = make_room(owner=ana)
        partner = make_user("kim.a")
        actions.open_direct_room(user=ana, other=partner)
        make_member(room, make_user("lee.b", display_name="Lee Kim"))
        suspended = make_member(room, make_user("kim.c"))
        User.objects.filter(pk=suspended.pk).update(is_active=False)
        blocked = make_member(room, make_user("kim.d"))
        block_person(user=ana, other=blocked)
        response = search("kim", room=room.pk, members="first")
        assert [(person["name"], person["is_member"]) for person in response.json()["people"]] == [
            ("Lee Kim", True),
            ("kim.a", False),
        ]
        excluded = search("kim", room=room.pk, members="first", exclude=partner.pk)
        assert names(excluded) == ["Lee Kim"]

    def test_members_who_come_first_do_not_make_more_than_twenty(self, search, ana):
        room = make_room(owner=ana)
        for number in range(LIMIT - 1):
            make_member(room, make_user(f"kim{number:02}"))
        make_user("kim.other"), make_user("kim.another")
        found = search("kim", room=room.pk, members="first").json()["people"]
        assert [person["is_member"] for person in found] == [True] * (LIMIT - 1) + [False]
        make_member(room, make_user("kim99"))
        assert all(person["is_member"] for person in search("kim", room=room.pk, members="first").json()["people"])

    def test_does_not_reveal_the_members_of_a_private_room(self, search, private):
        for fields in ({}, {"members": "first"}):
            responses = [search("member", room=room, **fields) for room in (private.room.pk, 999_999)]
            assert [response.status_code for response in responses] == [404, 404]
            assert responses[0].content == responses[1].content

    @pytest.mark.parametrize(
        "fields",
        [
            {"room": "x"},
            {"room": ""},
            {"room": "9" * 30},
            {"exclude": "1,x"},
            {"exclude": ",".join(["1"] * 201)},
            {"query": "x" * 81},
        ],
    )
    def test_invalid_parameters_are_named(self, search, fields):
        response = search(**fields)
        assert response.status_code == 400
        assert response.json()["field"] == next(iter(fields)).replace("query", "q")

    def test_is_limited_per_user(self, search, as_user):
        statuses = [search("kim").status_code for _ in range(BURST + 5)]
        assert statuses[:BURST] == [200] * BURST
        response = search("kim")
        assert response.status_code == 429
        assert int(response["Retry-After"]) >= 1
        assert json_client(as_user(make_user())).get("/people/search/?q=kim").status_code == 200

    def test_queries_do_not_grow_with_the_number_of_people(self, search, ana, django_assert_max_num_queries):
        room = make_room(owner=ana)
        for number in range(30):
            person = make_member(room, make_user(f"kim{number}", display_name=f"Kim Lee {number}"))
            actions.open_direct_room(user=ana, other=person)
        search("someone")  # stores the session
        with django_assert_max_num_queries(11):
            assert len(names(search("kim lee", room=room.pk))) == LIMIT
        for name in ("kim.outside", "kim.outsider"):
            make_user(name, display_name="Kim Lee")
        with django_assert_max_num_queries(21):
            assert len(names(search("kim lee 2", room=room.pk, members="first"))) == 11

    def test_rooms_to_join_are_limited_per_user(self, as_user, ana, monkeypatch):
        monkeypatch.setattr(browse._limit, "_buckets", TokenBuckets(0.01, 3))
        client = json_client(as_user(ana))
        statuses = [client.get("/rooms/", {"q": "design"}).status_code for _ in range(5)]
        assert statuses == [200, 200, 200, 429, 429]
        assert as_user(ana).get("/rooms/", {"q": "design"}).status_code == 200  # a page
