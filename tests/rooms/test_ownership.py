"""Transferring a room's ownership."""

import pytest

from accounts.models import AuditEvent, User
from accounts.profile.notices import take_notices
from rooms import actions
from rooms.blocking import block_person
from rooms.errors import Forbidden, Invalid, NotFound
from rooms.models import Room
from rooms.ownership import transfer_ownership
from rooms.people_search import LIMIT, MAX_MEMBER_IDS, search_people
from tests.factories import make_member, make_room, make_user
from tests.rooms.conftest import both_kinds, json_client

pytestmark = pytest.mark.django_db


def roles(room: Room) -> dict[str, str]:
    return dict(room.memberships.values_list("user__username", "role"))


class TestTransferOwnership:
    @both_kinds
    @pytest.mark.parametrize("role", ["moderator", "member", "stranger"])
    def test_only_owners_transfer(self, cast, role):
        with pytest.raises(Forbidden):
            transfer_ownership(actor=cast[role], room=cast.room, user=cast.member)

    def test_superuser_who_is_not_in_the_room_has_nothing_to_transfer(self, public):
        with pytest.raises(Forbidden):
            transfer_ownership(actor=make_user(is_superuser=True), room=public.room, user=public.member)

    def test_direct_rooms_have_no_owner(self):
        one, other = make_user(), make_user()
        with pytest.raises(Forbidden):
            transfer_ownership(actor=one, room=actions.open_direct_room(user=one, other=other), user=other)

    def test_other_targets_and_roles_are_refused(self, public):
        suspended = make_member(public.room, make_user(is_active=False))
        before = roles(public.room)
        for user, error in ((public.stranger, NotFound), (public.owner, Invalid), (suspended, Invalid)):
            with pytest.raises(error, match="user"):
                transfer_ownership(actor=public.owner, room=public.room, user=user)
        with pytest.raises(Invalid, match="role"):
            transfer_ownership(actor=public.owner, room=public.room, user=public.member, role="owner")
        assert roles(public.room) == before

    @both_kinds
    @pytest.mark.parametrize("role", ["moderator", "member"])
    def test_roles_change_together(self, cast, role):
        other_owner = make_member(cast.room, role="owner")
        transfer_ownership(actor=cast.owner, room=cast.room, user=cast.member, role=role)
        found = roles(cast.room)
        assert (found[cast.member.username], found[cast.owner.username]) == ("owner", role)
        assert found[other_owner.username] == "owner"
        recorded = AuditEvent.objects.filter(kind="role changed", actor=cast.owner)
        assert {event.detail["role"] for event in recorded} == {"owner", role}

    def test_new_owner_who_is_offline_is_told(self, public):
        transfer_ownership(actor=public.owner, room=public.room, user=public.member)
        expected = f"{public.owner.name} made you an owner of Workshop."
        assert take_notices(User.objects.get(pk=public.member.pk)) == [expected]


class TestPage:
    @both_kinds
    def test_page_is_for_owners(self, cast, as_user):
        url = f"/rooms/{cast.room.pk}/ownership/"
        assert as_user(cast.owner).get(url).status_code == 200
        assert as_user(cast.moderator).get(url).status_code == 302
        assert json_client(as_user(cast.member)).post(url, {"user": cast.member.username}).status_code == 403

    def test_nothing_changes_before_the_confirmation(self, public, as_user):
        client, url = as_user(public.owner), f"/rooms/{public.room.pk}/ownership/"
        before = roles(public.room)
        page = client.post(url, {"user": f"@{public.member.username}", "role": "member"}).content.decode()
        assert "Becomes an owner" in page
        assert "Become a member" in page
        assert roles(public.room) == before
        fields = {"user": public.member.username, "role": "member", "confirmed": "1"}
        assert client.post(url, fields).url == f"/rooms/{public.room.pk}/members/"
        assert roles(public.room) == before | {public.member.username: "owner", public.owner.username: "member"}

    @pytest.mark.parametrize("who", ["stranger", "owner"])
    def test_wrong_person_is_refused_before_the_confirmation(self, public, as_user, who):
        fields = {"user": public[who].username, "role": "member", "confirmed": "1"}
        response = as_user(public.owner).post(f"/rooms/{public.room.pk}/ownership/", fields)
        assert response.context["form"].errors["user"]
        assert "Becomes an owner" not in response.content.decode()

    def test_only_member_is_told_to_add_people(self, as_user):
        owner = make_user()
        room = make_room(owner=owner)
        assert "You’re the only member" in as_user(owner).get(f"/rooms/{room.pk}/ownership/").content.decode()


class TestSearch:
    @pytest.fixture(params=[MAX_MEMBER_IDS, 0], ids=["small room", "large room"])
    def room(self, request, monkeypatch):
        monkeypatch.setattr("rooms.people_search.MAX_MEMBER_IDS", request.param)
        return make_room("Workshop", owner=make_user("kim.owner"))

    def test_only_members_are_found_behind_any_number_of_names(self, room):
        viewer = User.objects.get(username="kim.owner")
        for number in range(LIMIT + 1):
            make_user(f"kim.a{number}")
        member = make_member(room, make_user("kim.z"))
        partner = make_user("kim.partner")
        actions.open_direct_room(user=viewer, other=partner)
        assert search_people(viewer, "kim", members_of=room.pk) == [member]

    def test_without_words_those_with_a_role_come_first(self, room):
        viewer = User.objects.get(username="kim.owner")
        partner = make_member(room, make_user("a"))
        make_member(room, make_user("b"))
        moderator = make_member(room, make_user("z"), role="moderator")
        blocked = make_member(room, make_user("y"), role="moderator")
        block_person(user=viewer, other=blocked)
        for other in (partner, make_user("c")):
            actions.open_direct_room(user=viewer, other=other)
        assert search_people(viewer, "", members_of=room.pk) == [moderator, partner]

    def test_members_of_a_private_room_are_secret(self, private, as_user):
        client = json_client(as_user(private.stranger))
        assert client.get("/people/search/", {"q": "m", "room": private.room.pk, "members": ""}).status_code == 404
