"""Choosing people by name, and adding several to a room at once."""

import pytest

from accounts.models import User
from rooms import actions, events
from rooms.additions import add_members
from rooms.blocking import block_person
from rooms.errors import Forbidden
from rooms.models import Membership, Room
from rooms.moderation import ban_member
from rooms.person_fields import MAX_PEOPLE
from tests.factories import make_room, make_user
from tests.rooms.conftest import json_client

pytestmark = pytest.mark.django_db


@pytest.fixture
def post(public, as_user):
    """Return a function that adds people as the owner, and returns the response."""
    client = as_user(public.owner)
    return lambda *names: client.post(f"/rooms/{public.room.pk}/members/", {"user": list(names)}, follow=True)


def error(response) -> str:
    [message] = response.context["form"].errors["user"]
    return message


def notices(response) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def members(room: Room) -> set[str]:
    return set(room.memberships.values_list("user__username", flat=True))


class TestNames:
    @pytest.mark.parametrize("name", ["linus.t", "@Linus.T", "Linus Törn", "linus torn", " LINUS  TÖRN "])
    def test_username_or_display_name_is_enough(self, public, post, name):
        make_user("Linus.T", display_name="Linus Törn")
        post(name)
        assert "Linus.T" in members(public.room)

    def test_username_takes_precedence_over_someone_elses_display_name(self, public, post):
        make_user("kim")
        make_user("other", display_name="Kim")
        post("Kim")
        assert "kim" in members(public.room)
        assert "other" not in members(public.room)

    def test_ambiguous_name_is_refused_with_the_choices(self, public, post):
        make_user("kim.a", display_name="Kim Lee")
        make_user("kim.b", display_name="Kim Lee")
        text = "Several people are called “Kim Lee”: Kim Lee (@kim.a), Kim Lee (@kim.b). Enter a username."
        assert error(post("Kim Lee")) == text
        assert not members(public.room) & {"kim.a", "kim.b"}

    def test_part_of_a_name_is_refused_with_those_who_have_it(self, public, post):
        make_user("Linus.T", display_name="Linus Törn")
        assert error(post("lin")) == "No one is called “lin”. Did you mean Linus Törn (@Linus.T)?"
        assert "Linus.T" not in members(public.room)

    def test_choices_leave_out_blocked_people(self, public, post):
        for name in ("kim.a", "kim.b"):
            make_user(name, display_name="Kim Lee")
        block_person(user=public.owner, other=User.objects.get(username="kim.a"))
        post("Kim Lee")
        assert "kim.b" in members(public.room)

    def test_suspended_people_are_not_found(self, public, post):
        make_user("kim", display_name="Kim Lee", is_active=False)
        assert error(post("Kim Lee")) == error(post("kim")) == "No one found with that name. Check the spelling."

    @pytest.mark.parametrize("name", ["", " , ", "\0", "x" * 10_000, "🦄", "@"])
    def test_other_texts_are_refused(self, post, name):
        assert error(post(name))


class TestAddingSeveralPeople:
    def test_chosen_and_typed_people_are_added_together(self, public, post):
        for name in ("ana", "bo", "cy"):
            make_user(name)
        response = post("ana,bo", "cy")
        assert notices(response) == ["ana, bo, cy were added to Workshop."]
        assert {"ana", "bo", "cy"} <= members(public.room)

    def test_each_reason_for_refusing_someone_is_told(self, public, post):
        ana, cy, dan = (make_user(name) for name in ("ana", "cy", "dan"))
        ban_member(actor=public.owner, room=public.room, user=cy)
        User.objects.filter(pk=dan.pk).update(allows_direct_messages=False)
        response = post("ana, cy, dan", public.member.username)
        assert sorted(notices(response)) == [
            "ana was added to Workshop.",
            "cy is banned from this room. A moderator needs to unban them first.",
            "dan can’t be added by others. Send them an invite link instead.",
            "member.public is already in this room.",
        ]
        assert members(public.room) & {"ana", "cy", "dan"} == {ana.username}

    def test_programs_get_the_ids_and_the_refusals(self, public, as_user):
        ana, cy = make_user("ana"), make_user("cy")
        ban_member(actor=public.owner, room=public.room, user=cy)
        url = f"/rooms/{public.room.pk}/members/"
        answer = json_client(as_user(public.owner)).post(url, {"user": "ana,cy"}).json()
        assert answer["users"] == [ana.pk]
        assert [(each["user"], each["code"]) for each in answer["refused"]] == [(cy.pk, "forbidden")]

    def test_too_many_people_are_refused(self, post):
        names = [make_user().username for _ in range(MAX_PEOPLE + 1)]
        assert error(post(",".join(names))) == "Choose at most 50 people."

    def test_no_one_is_added_by_someone_who_may_not(self, private):
        with pytest.raises(Forbidden):
            add_members(actor=private.member, room=private.room, people=[private.stranger])
        with pytest.raises(Forbidden):
            add_members(actor=private.member, room=private.room, people=[])

    def test_the_limit_is_told_once(self, public, post, settings):
        settings.CHAT_ADDITIONS_PER_HOUR = 1
        response = post(*[make_user(f"kim{number}").username for number in range(3)])
        assert [text.partition(".")[0] for text in notices(response)] == [
            "You can add 1 person to rooms per hour",
            "kim0 was added to Workshop",
        ]

    def test_people_are_added_while_a_room_is_created(self, as_user):
        owner, ana, cy = make_user(), make_user("ana"), make_user("cy", allows_direct_messages=False)
        form = {"name": "Garden", "kind": "private", "people": f"ana,{cy.username}"}
        response = as_user(owner).post("/rooms/new/", form)
        room = Room.objects.get(name="Garden")
        assert response.url == room.get_absolute_url()
        assert members(room) == {owner.username, ana.username}

    def test_room_is_not_created_with_unknown_people(self, as_user):
        response = as_user(make_user()).post("/rooms/new/", {"name": "Garden", "kind": "public", "people": "nobody"})
        assert response.context["form"].errors["people"]
        assert not Room.objects.filter(name="Garden").exists()


class TestOtherForms:
    def test_direct_room_is_opened_by_name(self, as_user):
        ana, ben = make_user("ana"), make_user("ben", display_name="Ben Lee")
        response = as_user(ana).post("/direct/new/", {"user": "Ben Lee"})
        room = Room.objects.get(kind="direct")
        assert response.url == room.get_absolute_url()
        assert Membership.objects.filter(room=room, user=ben).exists()

    def test_refused_direct_room_is_told_at_the_field(self, as_user):
        make_user("ben", allows_direct_messages=False)
        assert error(as_user(make_user()).post("/direct/new/", {"user": "ben"})) == "You can’t message this person."

    def test_someone_outside_a_room_is_banned_by_name(self, public, as_user):
        url = f"/rooms/{public.room.pk}/bans/"
        response = as_user(public.moderator).post(url, {"user": public.stranger.username})
        assert response.url == f"/rooms/{public.room.pk}/members/{public.stranger.pk}/ban/"
        assert as_user(public.member).post(url, {"user": public.stranger.username}).url != response.url

    def test_person_is_muted_by_name(self, as_user):
        ana, ben = make_user("ana"), make_user("ben")
        as_user(ana).post("/profile/privacy/", {"muted": "ben"})
        assert ana.mutes.filter(muted=ben).exists()
        assert not ana.blocks.exists()


def test_adding_several_people_costs_as_much_as_adding_each(public, django_assert_max_num_queries):
    people, room = [make_user() for _ in range(10)], make_room(owner=public.owner)
    with django_assert_max_num_queries(180):  # of which 20 are for the room and the permissions
        add_members(actor=public.owner, room=room, people=people)


def test_people_are_told_who_added_them(public, monkeypatch):
    published = []
    monkeypatch.setattr(events, "publish", lambda topic, event, *controls, **options: published.append(event))
    for person, actor, by_invitation in (
        (make_user("ana"), public.owner, False),
        (make_user("ben"), public.owner, True),
    ):
        actions.add_member(actor=actor, room=public.room, user=person, by_invitation=by_invitation)
    told, untold = (event for event in published if event["type"] == "room.joined")
    assert told["added_by"]["id"] == public.owner.pk
    assert "added_by" not in untold
