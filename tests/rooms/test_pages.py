"""The pages of rooms: who gets which, what they change, and that a hidden room is not there."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from rooms import actions
from rooms.models import Ban, Membership, Room
from rooms.moderation import ban_member
from tests.factories import make_member, make_room, make_user
from tests.rooms.conftest import both_kinds, json_client

pytestmark = pytest.mark.django_db

# Every address of one room, with the methods it answers.
ADDRESSES = [
    ("get", "rooms:room"),
    ("get", "rooms:info"),
    ("get", "rooms:settings"),
    ("post", "rooms:settings"),
    ("post", "rooms:archive"),
    ("delete", "rooms:archive"),
    ("get", "rooms:deletion"),
    ("post", "rooms:deletion"),
    ("post", "rooms:membership"),
    ("delete", "rooms:membership"),
    ("get", "rooms:members"),
    ("post", "rooms:members"),
    ("post", "rooms:member"),
    ("delete", "rooms:member"),
]
each_address = pytest.mark.parametrize(("method", "name"), ADDRESSES)


def url_of(name: str, pk: int, user: User) -> str:
    return reverse(name, args=[pk, user.pk] if name == "rooms:member" else [pk])


def without_secrets(response) -> str:
    text = response.content.decode()
    return re.sub(r'(nonce|value)="[^"]{20,}"', "", text)


def said(response) -> list[str]:
    return [str(message) for message in response.context["messages"]]


class TestWhoIsNotLoggedIn:
    @each_address
    def test_is_asked_to_log_in(self, public, as_user, method, name):
        response = getattr(as_user(), method)(url_of(name, public.room.pk, public.member))
        assert response.status_code == 302
        assert response.url.startswith("/accounts/login/")

    @pytest.mark.parametrize("url", ["/rooms/", "/rooms/new/"])
    def test_is_asked_for_the_lists_too(self, as_user, url):
        make_user()
        assert as_user().get(url).status_code == 302

    def test_a_program_is_told_401(self, public, as_user):
        response = json_client(as_user()).post(f"/rooms/{public.room.pk}/membership/")
        assert response.status_code == 401
        assert set(response.json()) == {"code", "detail"}


class TestAHiddenRoom:
    @each_address
    def test_answers_as_one_that_does_not_exist(self, private, as_user, method, name):
        browser = as_user(private.stranger)
        hidden = getattr(browser, method)(url_of(name, private.room.pk, private.member))
        absent = getattr(browser, method)(url_of(name, 987_654, private.member))
        assert hidden.status_code == absent.status_code == 404
        assert without_secrets(hidden).replace(str(private.room.pk), "#") == without_secrets(absent).replace(
            "987654", "#"
        )
        assert private.room.name not in hidden.content.decode()

    @pytest.mark.parametrize(("method", "name"), [address for address in ADDRESSES if address[1] != "rooms:room"])
    def test_answers_a_program_so_too(self, private, as_user, method, name):
        browser = json_client(as_user(private.stranger))
        hidden = getattr(browser, method)(url_of(name, private.room.pk, private.member))
        absent = getattr(browser, method)(url_of(name, 987_654, private.member))
        assert hidden.status_code == absent.status_code == 404
        assert hidden.content == absent.content
        assert hidden.json()["code"] == "not_found"

    def test_is_in_nobodys_list_but_its_members(self, private, as_user):
        assert b"Founders" not in as_user(private.stranger).get("/rooms/?q=founders").content.replace(b"founders", b"")
        assert b"Founders" in as_user(private.member).get("/rooms/").content

    def test_does_not_take_its_name_from_a_public_one(self, private, as_user):
        response = as_user(private.stranger).post("/rooms/new/", {"name": "Founders", "kind": "public"})
        assert response.status_code == 302
        assert Room.objects.filter(name="Founders").count() == 2

    def test_is_hidden_again_from_who_was_taken_out(self, private, as_user):
        browser = as_user(private.member)
        assert browser.get(f"/rooms/{private.room.pk}/info/").status_code == 200
        actions.remove_member(actor=private.owner, room=private.room, user=private.member)
        assert browser.get(f"/rooms/{private.room.pk}/info/").status_code == 404

    def test_a_direct_conversation_is_there_for_the_two_alone(self, as_user):
        one, other, third = make_user(), make_user(), make_user(is_superuser=True)
        room = actions.open_direct_room(user=one, other=other)
        assert as_user(third).get(f"/rooms/{room.pk}/info/").status_code == 404
        assert other.username in as_user(one).get(f"/rooms/{room.pk}/info/").content.decode()
        for page in ("settings", "members", "delete"):
            assert as_user(one).get(f"/rooms/{room.pk}/{page}/").status_code == 404


class TestBrowsing:
    def test_an_empty_site_says_what_to_do(self, as_user):
        Room.objects.all().delete()
        assert "Create the first one" in as_user(make_user()).get("/rooms/").content.decode()

    def test_a_search_that_finds_nothing_says_so_and_escapes_it(self, as_user):
        text = as_user(make_user()).get("/rooms/", {"q": "<script>no"}).content.decode()
        assert "&lt;script&gt;no" in text
        assert "<script>no" not in text

    @pytest.mark.parametrize("query", ["garden", "GARD", "grows"])
    def test_rooms_are_found_by_name_and_topic(self, as_user, query):
        make_room("Garden club", topic="What grows")
        assert "Garden club" in as_user(make_user()).get("/rooms/", {"q": query}).content.decode()

    def test_case_is_folded_in_every_alphabet(self, as_user):
        make_room("Огород")
        assert "Огород" in as_user(make_user()).get("/rooms/", {"q": "ОГОР"}).content.decode()

    def test_archived_rooms_have_a_list_of_their_own(self, public, as_user):
        actions.archive_room(actor=None, room=public.room)
        browser = as_user(public.member)
        assert "Workshop" not in browser.get("/rooms/").content.decode()
        assert "Workshop" in browser.get("/rooms/?show=archived").content.decode()

    def test_ones_own_rooms_have_a_list_of_their_own(self, public, as_user):
        make_room("Elsewhere")
        text = as_user(public.member).get("/rooms/?show=joined").content.decode()
        assert "Workshop" in text
        assert "Elsewhere" not in text

    def test_who_is_banned_reads_where_why_and_for_how_long(self, public, private, as_user):
        for cast, until in ((public, None), (private, timezone.now() + timedelta(days=2))):
            ban_member(actor=cast.owner, room=cast.room, user=cast.member, reason="Shouting <b>", until=until)
        text = as_user(public.member).get("/rooms/?q=work").content.decode()
        assert "Rooms you’re banned from" in text
        assert "Workshop" in text
        assert "Shouting &lt;b&gt;" in text
        assert "Permanently" in text
        hidden = as_user(private.member).get("/rooms/").content.decode()
        assert "Private room" in hidden
        assert "until " in hidden
        assert private.room.name not in hidden
        Ban.objects.update(until=timezone.now())
        assert "Rooms you’re banned from" not in as_user(public.member).get("/rooms/").content.decode()

    def test_a_name_is_text_and_nothing_else(self, as_user):
        make_room("<img src=x onerror=alert(1)>")
        assert "<img src=x" not in as_user(make_user()).get("/rooms/").content.decode()

    @pytest.mark.parametrize("page", ["0", "-1", "9999", "x"])
    def test_a_page_that_is_not_there_shows_one_that_is(self, as_user, page):
        assert as_user(make_user()).get("/rooms/", {"page": page}).status_code == 200

    def test_a_hundred_rooms_cost_no_more_queries_than_one(self, as_user, django_assert_max_num_queries):
        user = make_user()
        for number in range(100):
            make_member(make_room(f"Room number {number}", owner=make_user()), user)
        browser = as_user(user)
        browser.get("/session/")  # what a first request notes of the session
        with django_assert_max_num_queries(6):
            text = browser.get("/rooms/").content.decode()
        assert text.count('class="row-item room-item"') == 50
        assert "Page 1 of 3" in text


class TestMakingARoom:
    def test_a_refusal_stands_beside_the_field(self, public, as_user):
        response = as_user(public.stranger).post("/rooms/new/", {"name": "WORKSHOP", "topic": "t", "kind": "public"})
        assert response.status_code == 200
        assert "There’s already a room" in response.context["form"].errors["name"][0]
        assert 'value="t"' in response.content.decode()

    @pytest.mark.parametrize("data", [{}, {"name": ""}, {"name": "x" * 81}, {"name": "a", "kind": "direct"}])
    def test_nonsense_makes_none(self, as_user, data):
        before = Room.objects.count()
        assert as_user(make_user()).post("/rooms/new/", {"kind": "public", **data}).status_code == 200
        assert Room.objects.count() == before

    def test_one_goes_to_the_new_room_and_owns_it(self, as_user):
        user = make_user()
        response = as_user(user).post("/rooms/new/", {"name": "Garden", "topic": "Grows", "kind": "private"})
        room = Room.objects.get(name="Garden")
        assert response.url == f"/rooms/{room.pk}/"
        assert room.memberships.get().user == user
        assert room.kind == Room.Kind.PRIVATE


class TestSettings:
    @pytest.mark.parametrize("role", ["moderator", "member", "stranger"])
    def test_others_than_owners_see_no_form_and_change_nothing(self, public, as_user, role):
        browser = as_user(public[role])
        assert 'name="topic"' not in browser.get(f"/rooms/{public.room.pk}/settings/").content.decode()
        response = browser.post(f"/rooms/{public.room.pk}/settings/", {"name": "Mine"}, follow=True)
        assert any("owner" in message for message in said(response))
        public.room.refresh_from_db()
        assert public.room.name == "Workshop"

    @both_kinds
    def test_an_owner_renames_and_describes(self, cast, as_user):
        as_user(cast.owner).post(
            f"/rooms/{cast.room.pk}/settings/", {"name": "Garden", "topic": "Grows", "is_default": "on"}
        )
        cast.room.refresh_from_db()
        assert (cast.room.name, cast.room.topic) == ("Garden", "Grows")
        assert cast.room.is_default == (cast.room.kind == Room.Kind.PUBLIC)

    def test_a_taken_name_is_said_beside_the_field(self, public, as_user):
        make_room("Garden")
        response = as_user(public.owner).post(f"/rooms/{public.room.pk}/settings/", {"name": "garden"})
        assert "There’s already a room" in response.context["form"].errors["name"][0]

    def test_an_owner_archives_and_opens_again_by_plain_forms(self, public, as_user):
        browser, url = as_user(public.owner), f"/rooms/{public.room.pk}/archive/"
        browser.post(url)
        public.room.refresh_from_db()
        assert public.room.is_archived
        browser.post(url, {"_method": "DELETE"})
        public.room.refresh_from_db()
        assert not public.room.is_archived

    def test_a_refused_program_learns_the_code(self, public, as_user):
        response = json_client(as_user(public.member)).post(f"/rooms/{public.room.pk}/archive/")
        assert response.status_code == 403
        assert response.json()["code"] == "forbidden"

    def test_a_form_without_a_token_changes_nothing(self, public, as_user):
        browser = as_user(public.owner)
        browser.handler.enforce_csrf_checks = True
        assert browser.post(f"/rooms/{public.room.pk}/archive/", {"_method": "DELETE"}).status_code == 403

    @pytest.mark.parametrize("method", ["put", "patch", "get"])
    def test_other_methods_are_not_taken(self, public, as_user, method):
        assert getattr(as_user(public.owner), method)(f"/rooms/{public.room.pk}/archive/").status_code == 405


class TestDeleting:
    @both_kinds
    @pytest.mark.parametrize("role", ["moderator", "member"])
    def test_only_an_owner_sees_the_page(self, cast, as_user, role):
        browser, url = as_user(cast[role]), f"/rooms/{cast.room.pk}/delete/"
        assert browser.get(url).status_code == 302
        browser.post(url, {"name": cast.room.name})
        assert Room.objects.filter(pk=cast.room.pk).exists()

    @pytest.mark.parametrize("name", ["", "workshop", "Work shop"])
    def test_without_its_exact_name_it_stays(self, public, as_user, name):
        response = as_user(public.owner).post(f"/rooms/{public.room.pk}/delete/", {"name": name})
        assert response.context["form"].errors["name"]
        assert Room.objects.filter(pk=public.room.pk).exists()

    @both_kinds
    def test_with_its_name_it_goes(self, cast, as_user):
        response = as_user(cast.owner).post(f"/rooms/{cast.room.pk}/delete/", {"name": f" {cast.room.name} "})
        assert response.url == "/rooms/"
        assert not Room.objects.filter(pk=cast.room.pk).exists()


class TestMembership:
    def test_joining_leads_into_the_room_and_leaving_back_to_the_list(self, public, as_user):
        browser, url = as_user(public.stranger), f"/rooms/{public.room.pk}/membership/"
        assert browser.post(url).url == f"/rooms/{public.room.pk}/"
        assert public.room.memberships.filter(user=public.stranger).exists()
        assert browser.post(url, {"_method": "DELETE"}).url == "/rooms/"
        assert not public.room.memberships.filter(user=public.stranger).exists()

    def test_a_program_gets_the_room_as_its_page_needs_it(self, public, as_user):
        browser, url = json_client(as_user(public.stranger)), f"/rooms/{public.room.pk}/membership/"
        assert browser.post(url).json()["room"]["role"] == "member"
        assert browser.delete(url).json() == {}
        refused = browser.delete(url)
        assert refused.status_code == 404
        assert refused.json() == {"code": "not_found", "detail": "You’re not in this room."}

    def test_a_program_leaves_no_message_for_a_later_page(self, public, as_user):
        browser = as_user(public.member)
        browser.delete(f"/rooms/{public.room.pk}/membership/", headers={"X-Requested-With": "fetch"})
        assert said(browser.get("/rooms/")) == []

    def test_an_archived_room_tells_a_person_why_not(self, public, as_user):
        actions.archive_room(actor=None, room=public.room)
        response = as_user(public.stranger).post(f"/rooms/{public.room.pk}/membership/", follow=True)
        assert any("archived" in message for message in said(response))

    @pytest.mark.parametrize(
        "url",
        ["https://evil.example/", "//evil.example", "javascript:alert(1)", "foo", "a.b", "/\\\\evil.example", "//["],
    )
    def test_nobody_is_led_off_the_site(self, public, as_user, url):
        path = f"/rooms/{public.room.pk}/membership/"
        assert as_user(public.stranger).post(path, {"next": url}).url == f"/rooms/{public.room.pk}/"
        refused = as_user(public.member).post(f"/rooms/{public.room.pk}/archive/", headers={"Referer": url})
        assert refused.url == "/rooms/"

    def test_who_says_where_they_came_from_is_led_back_there(self, public, as_user):
        path = f"/rooms/{public.room.pk}/membership/"
        assert as_user(public.stranger).post(path, {"next": "/people/?q=a"}).url == "/people/?q=a"
        referer = {"Referer": "http://testserver/people/?q=a"}
        refused = as_user(public.member).post(f"/rooms/{public.room.pk}/archive/", headers=referer)
        assert refused.url == "/people/?q=a"


class TestMembers:
    @pytest.mark.parametrize(("role", "can_invite"), [("owner", True), ("moderator", True), ("member", False)])
    def test_who_may_bring_people_into_a_private_room_is_offered_it(self, private, as_user, role, can_invite):
        text = as_user(private[role]).get(f"/rooms/{private.room.pk}/members/").content.decode()
        assert ('list="suggested-people"' in text) == can_invite
        assert (private.stranger.username in text) == can_invite

    def test_a_stranger_sees_who_is_in_a_public_room_and_changes_nothing(self, public, as_user):
        text = as_user(public.stranger).get(f"/rooms/{public.room.pk}/members/").content.decode()
        assert public.member.username in text
        assert 'name="role"' not in text
        assert "Remove" not in text

    @both_kinds
    def test_only_what_one_may_do_is_offered(self, cast, as_user):
        text = as_user(cast.moderator).get(f"/rooms/{cast.room.pk}/members/").content.decode()
        removable = re.findall('Remove<span class="sr-only"> <bdi>(.+?)</bdi>', text)
        assert cast.member.name in removable
        assert not {cast.owner.name, cast.moderator.name} & set(removable)

    @pytest.mark.parametrize("name", ["", "nobody.of.this.name", "\0", "x" * 200])
    def test_a_name_that_nobody_has_is_refused(self, public, as_user, name):
        response = as_user(public.member).post(f"/rooms/{public.room.pk}/members/", {"user": name})
        assert response.status_code == 200
        assert response.context["form"].errors["user"]
        refused = json_client(as_user(public.member)).post(f"/rooms/{public.room.pk}/members/", {"user": name})
        assert (refused.status_code, refused.json()["code"]) == (400, "invalid")

    def test_a_program_that_names_nobody_is_refused(self, public, as_user):
        refused = json_client(as_user(public.member)).post(f"/rooms/{public.room.pk}/members/")
        assert (refused.status_code, refused.json()["code"]) == (400, "invalid")

    def test_a_member_of_a_private_room_is_refused(self, private, as_user):
        response = as_user(private.member).post(
            f"/rooms/{private.room.pk}/members/", {"user": private.stranger.username}, follow=True
        )
        assert any("moderator" in message for message in said(response))
        assert not private.room.memberships.filter(user=private.stranger).exists()

    @pytest.mark.parametrize("written", ["{}", "@{}", " {} "])
    def test_somebody_is_brought_in_by_name(self, private, as_user, written):
        name = written.format(private.stranger.username.upper())
        as_user(private.moderator).post(f"/rooms/{private.room.pk}/members/", {"user": name})
        assert private.room.memberships.get(user=private.stranger).role == "member"

    def test_roles_are_given_and_refused(self, public, as_user):
        url = f"/rooms/{public.room.pk}/members/{public.member.pk}/"
        refused = as_user(public.moderator).post(url, {"role": "owner"}, follow=True)
        assert any("owner" in message for message in said(refused))
        as_user(public.owner).post(url, {"role": "moderator"})
        assert public.room.memberships.get(user=public.member).role == "moderator"

    def test_somebody_is_taken_out_by_a_plain_form(self, public, as_user):
        url = f"/rooms/{public.room.pk}/members/{public.member.pk}/"
        as_user(public.owner).post(url, {"_method": "DELETE"})
        assert not public.room.memberships.filter(user=public.member).exists()

    def test_the_list_is_searched_by_either_name(self, public, as_user):
        make_member(public.room, make_user("yuki", display_name="加藤 雪"))
        for query in ("YUK", "加藤"):
            text = as_user(public.member).get(f"/rooms/{public.room.pk}/members/", {"q": query}).content.decode()
            assert "加藤 雪" in text
            assert "owner.public" not in text

    def test_a_hundred_members_cost_no_more_queries_than_one(self, public, as_user, django_assert_max_num_queries):
        for _ in range(100):
            make_member(public.room)
        browser = as_user(public.owner)
        browser.get("/session/")
        with django_assert_max_num_queries(8):
            assert "Page 1 of 3" in browser.get(f"/rooms/{public.room.pk}/members/").content.decode()


class TestWritingToSomebody:
    def test_it_is_a_post(self, as_user):
        assert as_user(make_user()).get(f"/direct/{make_user().pk}/").status_code == 405

    def test_nobody_of_this_number_is_not_there(self, as_user):
        assert as_user(make_user()).post("/direct/987654/").status_code == 404

    def test_oneself_is_refused_in_words(self, as_user):
        user = make_user()
        response = as_user(user).post(f"/direct/{user.pk}/", follow=True)
        assert said(response) == ["You can’t message yourself. Choose someone else."]

    def test_one_comes_into_the_one_room(self, as_user):
        one, other = make_user(), make_user()
        first = as_user(one).post(f"/direct/{other.pk}/").url
        assert as_user(other).post(f"/direct/{one.pk}/").url == first
        shown = json_client(as_user(one)).post(f"/direct/{other.pk}/").json()["room"]
        assert (shown["url"], shown["peer"]["id"]) == (first, other.pk)
        assert Membership.objects.filter(room_id=shown["id"]).count() == 2
