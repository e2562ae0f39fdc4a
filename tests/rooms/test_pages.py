"""Pages and JSON endpoints of rooms."""

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

# All URLs of a room, with their methods.
URLS = [
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
each_url = pytest.mark.parametrize(("method", "name"), URLS)


def url_of(name: str, pk: int, user: User) -> str:
    return reverse(name, args=[pk, user.pk] if name == "rooms:member" else [pk])


def without_secrets(response) -> str:
    text = response.content.decode()
    return re.sub(r'(nonce|value)="[^"]{20,}"', "", text)


def messages_of(response) -> list[str]:
    return [str(message) for message in response.context["messages"]]


class TestAnonymousUser:
    @each_url
    def test_is_redirected_to_log_in(self, public, as_user, method, name):
        response = getattr(as_user(), method)(url_of(name, public.room.pk, public.member))
        assert response.status_code == 302
        assert response.url.startswith("/accounts/login/")

    @pytest.mark.parametrize("url", ["/rooms/", "/rooms/new/"])
    def test_is_redirected_from_the_lists(self, as_user, url):
        make_user()
        assert as_user().get(url).status_code == 302

    def test_program_gets_401(self, public, as_user):
        response = json_client(as_user()).post(f"/rooms/{public.room.pk}/membership/")
        assert response.status_code == 401
        assert set(response.json()) == {"code", "detail"}


class TestPrivateRoom:
    @each_url
    def test_answers_a_stranger_like_a_missing_room(self, private, as_user, method, name):
        browser = as_user(private.stranger)
        hidden = getattr(browser, method)(url_of(name, private.room.pk, private.member))
        absent = getattr(browser, method)(url_of(name, 987_654, private.member))
        assert hidden.status_code == absent.status_code == 404
        assert without_secrets(hidden).replace(str(private.room.pk), "#") == without_secrets(absent).replace(
            "987654", "#"
        )
        assert private.room.name not in hidden.content.decode()

    @pytest.mark.parametrize(("method", "name"), [url for url in URLS if url[1] != "rooms:room"])
    def test_answers_a_program_like_a_missing_room(self, private, as_user, method, name):
        browser = json_client(as_user(private.stranger))
        hidden = getattr(browser, method)(url_of(name, private.room.pk, private.member))
        absent = getattr(browser, method)(url_of(name, 987_654, private.member))
        assert hidden.status_code == absent.status_code == 404
        assert hidden.content == absent.content
        assert hidden.json()["code"] == "not_found"

    def test_is_listed_only_for_its_members(self, private, as_user):
        assert b"Founders" not in as_user(private.stranger).get("/rooms/?q=founders").content.replace(b"founders", b"")
        assert b"Founders" in as_user(private.member).get("/rooms/").content

    def test_name_can_be_used_for_a_public_room(self, private, as_user):
        response = as_user(private.stranger).post("/rooms/new/", {"name": "Founders", "kind": "public"})
        assert response.status_code == 302
        assert Room.objects.filter(name="Founders").count() == 2

    def test_removed_member_no_longer_finds_it(self, private, as_user):
        browser = as_user(private.member)
        assert browser.get(f"/rooms/{private.room.pk}/info/").status_code == 200
        actions.remove_member(actor=private.owner, room=private.room, user=private.member)
        assert browser.get(f"/rooms/{private.room.pk}/info/").status_code == 404

    def test_direct_room_is_found_only_by_its_two_members(self, as_user):
        one, other, third = make_user(), make_user(), make_user(is_superuser=True)
        room = actions.open_direct_room(user=one, other=other)
        assert as_user(third).get(f"/rooms/{room.pk}/info/").status_code == 404
        assert other.username in as_user(one).get(f"/rooms/{room.pk}/info/").content.decode()
        for page in ("settings", "members", "delete"):
            assert as_user(one).get(f"/rooms/{room.pk}/{page}/").status_code == 404


class TestBrowsing:
    def test_empty_list_suggests_creating_a_room(self, as_user):
        Room.objects.all().delete()
        assert "Create the first one" in as_user(make_user()).get("/rooms/").content.decode()

    def test_search_without_results_escapes_the_query(self, as_user):
        text = as_user(make_user()).get("/rooms/", {"q": "<script>no"}).content.decode()
        assert "&lt;script&gt;no" in text
        assert "<script>no" not in text

    @pytest.mark.parametrize("query", ["garden", "GARD", "grows"])
    def test_search_finds_names_and_topics(self, as_user, query):
        make_room("Garden club", topic="What grows")
        assert "Garden club" in as_user(make_user()).get("/rooms/", {"q": query}).content.decode()

    def test_search_ignores_case_in_every_alphabet(self, as_user):
        make_room("Огород")
        assert "Огород" in as_user(make_user()).get("/rooms/", {"q": "ОГОР"}).content.decode()

    def test_archived_rooms_are_listed_separately(self, public, as_user):
        actions.archive_room(actor=None, room=public.room)
        browser = as_user(public.member)
        assert "Workshop" not in browser.get("/rooms/").content.decode()
        assert "Workshop" in browser.get("/rooms/?show=archived").content.decode()

    def test_joined_rooms_can_be_listed_alone(self, public, as_user):
        make_room("Elsewhere")
        text = as_user(public.member).get("/rooms/?show=joined").content.decode()
        assert "Workshop" in text
        assert "Elsewhere" not in text

    def test_banned_user_sees_reasons_and_ends_of_bans(self, public, private, as_user):
        for cast, until in ((public, None), (private, timezone.now() + timedelta(days=2))):
            ban_member(actor=cast.owner, room=cast.room, user=cast.member, reason="Shouting <b>", until=until)
        text = as_user(public.member).get("/rooms/?q=work").content.decode()
        assert "Rooms you’re banned from" in text
        assert "Workshop" in text
        assert "Shouting &lt;b&gt;" in text
        assert "Permanently" in text
        text = as_user(private.member).get("/rooms/").content.decode()
        assert "Private room" in text
        assert "until " in text
        assert private.room.name not in text
        Ban.objects.update(until=timezone.now())
        assert "Rooms you’re banned from" not in as_user(public.member).get("/rooms/").content.decode()

    def test_name_is_escaped(self, as_user):
        make_room("<img src=x onerror=alert(1)>")
        assert "<img src=x" not in as_user(make_user()).get("/rooms/").content.decode()

    @pytest.mark.parametrize("page", ["0", "-1", "9999", "x"])
    def test_invalid_page_number_displays_an_existing_page(self, as_user, page):
        assert as_user(make_user()).get("/rooms/", {"page": page}).status_code == 200

    def test_queries_do_not_grow_with_the_number_of_rooms(self, as_user, everyone, django_assert_max_num_queries):
        user = make_user()
        for number in range(100):
            make_member(make_room(f"Room number {number}", owner=make_user()), user)
        browser = as_user(user)
        browser.get("/session/")  # the first request of a session stores its details
        with django_assert_max_num_queries(6):
            text = browser.get("/rooms/").content.decode()
        assert text.count('class="row-item room-item"') == 50
        assert "Page 1 of 3" in text


class TestCreating:
    def test_refusal_is_an_error_of_the_field(self, public, as_user):
        response = as_user(public.stranger).post("/rooms/new/", {"name": "WORKSHOP", "topic": "t", "kind": "public"})
        assert response.status_code == 200
        assert "There’s already a room" in response.context["form"].errors["name"][0]
        assert 'value="t"' in response.content.decode()

    def test_name_that_is_too_long_is_refused_with_the_limit_and_its_length(self, as_user):
        response = as_user(make_user()).post("/rooms/new/", {"kind": "public", "name": "x" * 81})
        assert response.context["form"].errors["name"] == ["Use at most 80 characters; this has 81."]

    @pytest.mark.parametrize("data", [{}, {"name": ""}, {"name": "x" * 81}, {"name": "a", "kind": "direct"}])
    def test_invalid_form_creates_no_room(self, as_user, data):
        before = Room.objects.count()
        assert as_user(make_user()).post("/rooms/new/", {"kind": "public", **data}).status_code == 200
        assert Room.objects.count() == before

    def test_creator_is_redirected_to_the_room_and_owns_it(self, as_user):
        user = make_user()
        response = as_user(user).post("/rooms/new/", {"name": "Garden", "topic": "Grows", "kind": "private"})
        room = Room.objects.get(name="Garden")
        assert response.url == f"/rooms/{room.pk}/"
        assert room.memberships.get().user == user
        assert room.kind == Room.Kind.PRIVATE


class TestSettings:
    @pytest.mark.parametrize("role", ["moderator", "member", "stranger"])
    def test_only_owners_see_and_submit_the_form(self, public, as_user, role):
        browser = as_user(public[role])
        assert 'name="topic"' not in browser.get(f"/rooms/{public.room.pk}/settings/").content.decode()
        response = browser.post(f"/rooms/{public.room.pk}/settings/", {"name": "Mine"}, follow=True)
        assert any("owner" in message for message in messages_of(response))
        public.room.refresh_from_db()
        assert public.room.name == "Workshop"

    @both_kinds
    def test_owner_changes_name_and_topic(self, cast, as_user):
        as_user(cast.owner).post(
            f"/rooms/{cast.room.pk}/settings/", {"name": "Garden", "topic": "Grows", "is_default": "on"}
        )
        cast.room.refresh_from_db()
        assert (cast.room.name, cast.room.topic) == ("Garden", "Grows")
        assert cast.room.is_default == (cast.room.kind == Room.Kind.PUBLIC)

    def test_taken_name_is_an_error_of_the_field(self, public, as_user):
        make_room("Garden")
        response = as_user(public.owner).post(f"/rooms/{public.room.pk}/settings/", {"name": "garden"})
        assert "There’s already a room" in response.context["form"].errors["name"][0]

    def test_owner_archives_and_unarchives_by_forms(self, public, as_user):
        browser, url = as_user(public.owner), f"/rooms/{public.room.pk}/archive/"
        browser.post(url)
        public.room.refresh_from_db()
        assert public.room.is_archived
        browser.post(url, {"_method": "DELETE"})
        public.room.refresh_from_db()
        assert not public.room.is_archived

    def test_refused_program_gets_the_code(self, public, as_user):
        response = json_client(as_user(public.member)).post(f"/rooms/{public.room.pk}/archive/")
        assert response.status_code == 403
        assert response.json()["code"] == "forbidden"

    def test_form_without_csrf_token_is_refused(self, public, as_user):
        browser = as_user(public.owner)
        browser.handler.enforce_csrf_checks = True
        assert browser.post(f"/rooms/{public.room.pk}/archive/", {"_method": "DELETE"}).status_code == 403

    @pytest.mark.parametrize("method", ["put", "patch", "get"])
    def test_other_methods_are_not_allowed(self, public, as_user, method):
        assert getattr(as_user(public.owner), method)(f"/rooms/{public.room.pk}/archive/").status_code == 405


class TestDeleting:
    @both_kinds
    @pytest.mark.parametrize("role", ["moderator", "member"])
    def test_only_owners_delete_the_room(self, cast, as_user, role):
        browser, url = as_user(cast[role]), f"/rooms/{cast.room.pk}/delete/"
        assert browser.get(url).status_code == 302
        browser.post(url, {"name": cast.room.name})
        assert Room.objects.filter(pk=cast.room.pk).exists()

    @pytest.mark.parametrize("name", ["", "workshop", "Work shop"])
    def test_room_is_kept_unless_its_exact_name_is_given(self, public, as_user, name):
        response = as_user(public.owner).post(f"/rooms/{public.room.pk}/delete/", {"name": name})
        assert response.context["form"].errors["name"]
        assert Room.objects.filter(pk=public.room.pk).exists()

    @both_kinds
    def test_room_is_deleted_when_its_name_is_given(self, cast, as_user):
        response = as_user(cast.owner).post(f"/rooms/{cast.room.pk}/delete/", {"name": f" {cast.room.name} "})
        assert response.url == "/rooms/"
        assert not Room.objects.filter(pk=cast.room.pk).exists()


class TestMembership:
    def test_joining_redirects_to_the_room_and_leaving_to_the_list(self, public, as_user):
        browser, url = as_user(public.stranger), f"/rooms/{public.room.pk}/membership/"
        assert browser.post(url).url == f"/rooms/{public.room.pk}/"
        assert public.room.memberships.filter(user=public.stranger).exists()
        assert browser.post(url, {"_method": "DELETE"}).url == "/rooms/"
        assert not public.room.memberships.filter(user=public.stranger).exists()

    def test_program_gets_the_joined_room(self, public, as_user):
        browser, url = json_client(as_user(public.stranger)), f"/rooms/{public.room.pk}/membership/"
        assert browser.post(url).json()["room"]["role"] == "member"
        assert browser.delete(url).json() == {}
        refused = browser.delete(url)
        assert refused.status_code == 404
        assert refused.json() == {"code": "not_found", "detail": "You’re not in this room."}

    def test_program_leaves_no_message_for_the_next_page(self, public, as_user):
        browser = as_user(public.member)
        browser.delete(f"/rooms/{public.room.pk}/membership/", headers={"X-Requested-With": "fetch"})
        assert messages_of(browser.get("/rooms/")) == []

    def test_refusal_to_join_an_archived_room_is_displayed(self, public, as_user):
        actions.archive_room(actor=None, room=public.room)
        response = as_user(public.stranger).post(f"/rooms/{public.room.pk}/membership/", follow=True)
        assert any("archived" in message for message in messages_of(response))

    @pytest.mark.parametrize(
        "url",
        ["https://evil.example/", "//evil.example", "javascript:alert(1)", "foo", "a.b", "/\\\\evil.example", "//["],
    )
    def test_redirects_stay_on_the_site(self, public, as_user, url):
        path = f"/rooms/{public.room.pk}/membership/"
        assert as_user(public.stranger).post(path, {"next": url}).url == f"/rooms/{public.room.pk}/"
        refused = as_user(public.member).post(f"/rooms/{public.room.pk}/archive/", headers={"Referer": url})
        assert refused.url == "/rooms/"

    def test_redirects_follow_next_and_the_referer(self, public, as_user):
        path = f"/rooms/{public.room.pk}/membership/"
        assert as_user(public.stranger).post(path, {"next": "/people/?q=a"}).url == "/people/?q=a"
        referer = {"Referer": "http://testserver/people/?q=a"}
        refused = as_user(public.member).post(f"/rooms/{public.room.pk}/archive/", headers=referer)
        assert refused.url == "/people/?q=a"


class TestMembers:
    @pytest.mark.parametrize(("role", "can_invite"), [("owner", True), ("moderator", True), ("member", False)])
    def test_adding_people_is_offered_where_it_is_allowed(self, private, as_user, role, can_invite):
        text = as_user(private[role]).get(f"/rooms/{private.room.pk}/members/").content.decode()
        assert ("<people-picker" in text) == can_invite

    def test_stranger_sees_the_members_of_a_public_room_without_actions(self, public, as_user):
        text = as_user(public.stranger).get(f"/rooms/{public.room.pk}/members/").content.decode()
        assert public.member.username in text
        assert 'name="role"' not in text
        assert "Remove" not in text

    @both_kinds
    def test_removal_is_offered_only_where_it_is_allowed(self, cast, as_user):
        text = as_user(cast.moderator).get(f"/rooms/{cast.room.pk}/members/").content.decode()
        removable = re.findall('Remove<span class="sr-only"> <bdi>(.+?)</bdi>', text)
        assert cast.member.name in removable
        assert not {cast.owner.name, cast.moderator.name} & set(removable)

    @pytest.mark.parametrize("name", ["", "nobody.of.this.name", "\0", "x" * 200])
    def test_unknown_name_is_refused(self, public, as_user, name):
        response = as_user(public.member).post(f"/rooms/{public.room.pk}/members/", {"user": name})
        assert response.status_code == 200
        assert response.context["form"].errors["user"]
        refused = json_client(as_user(public.member)).post(f"/rooms/{public.room.pk}/members/", {"user": name})
        assert (refused.status_code, refused.json()["code"]) == (400, "invalid")

    def test_program_without_a_name_is_refused(self, public, as_user):
        refused = json_client(as_user(public.member)).post(f"/rooms/{public.room.pk}/members/")
        assert (refused.status_code, refused.json()["code"]) == (400, "invalid")

    def test_member_cannot_add_people_to_a_private_room(self, private, as_user):
        response = as_user(private.member).post(
            f"/rooms/{private.room.pk}/members/", {"user": private.stranger.username}, follow=True
        )
        assert any("moderator" in message for message in messages_of(response))
        assert not private.room.memberships.filter(user=private.stranger).exists()

    @pytest.mark.parametrize("pattern", ["{}", "@{}", " {} "])
    def test_person_is_added_by_name(self, private, as_user, pattern):
        name = pattern.format(private.stranger.username.upper())
        as_user(private.moderator).post(f"/rooms/{private.room.pk}/members/", {"user": name})
        assert private.room.memberships.get(user=private.stranger).role == "member"

    def test_only_owners_change_roles(self, public, as_user):
        url = f"/rooms/{public.room.pk}/members/{public.member.pk}/"
        refused = as_user(public.moderator).post(url, {"role": "owner"}, follow=True)
        assert any("owner" in message for message in messages_of(refused))
        as_user(public.owner).post(url, {"role": "moderator"})
        assert public.room.memberships.get(user=public.member).role == "moderator"

    def test_member_is_removed_by_a_form(self, public, as_user):
        url = f"/rooms/{public.room.pk}/members/{public.member.pk}/"
        as_user(public.owner).post(url, {"_method": "DELETE"})
        assert not public.room.memberships.filter(user=public.member).exists()

    def test_list_is_searched_by_username_and_display_name(self, public, as_user):
        make_member(public.room, make_user("yuki", display_name="加藤 雪"))
        for query in ("YUK", "加藤"):
            text = as_user(public.member).get(f"/rooms/{public.room.pk}/members/", {"q": query}).content.decode()
            assert "加藤 雪" in text
            assert "owner.public" not in text

    def test_queries_do_not_grow_with_the_number_of_members(self, public, as_user, django_assert_max_num_queries):
        for _ in range(100):
            make_member(public.room)
        browser = as_user(public.owner)
        browser.get("/session/")
        with django_assert_max_num_queries(8):
            assert "Page 1 of 3" in browser.get(f"/rooms/{public.room.pk}/members/").content.decode()


class TestDirectRoom:
    def test_get_is_not_allowed(self, as_user):
        assert as_user(make_user()).get(f"/direct/{make_user().pk}/").status_code == 405

    def test_unknown_person_is_not_found(self, as_user):
        assert as_user(make_user()).post("/direct/987654/").status_code == 404

    def test_messaging_oneself_is_refused(self, as_user):
        user = make_user()
        response = as_user(user).post(f"/direct/{user.pk}/", follow=True)
        assert messages_of(response) == ["You can’t message yourself. Choose someone else."]

    def test_both_people_get_the_same_room(self, as_user):
        one, other = make_user(), make_user()
        first = as_user(one).post(f"/direct/{other.pk}/").url
        assert as_user(other).post(f"/direct/{one.pk}/").url == first
        room = json_client(as_user(one)).post(f"/direct/{other.pk}/").json()["room"]
        assert (room["url"], room["peer"]["id"]) == (first, other.pk)
        assert Membership.objects.filter(room_id=room["id"]).count() == 2
