"""Users are added to rooms only by people from whom they accept direct messages, or with an invitation."""

import pytest

from accounts.actions import accept_invitation, create_invitation
from accounts.models import Block, User
from rooms import actions
from rooms.errors import Forbidden
from rooms.models import Membership
from tests.factories import log_in, make_member, make_room, make_user
from tests.rooms.conftest import json_client

pytestmark = pytest.mark.django_db


@pytest.fixture(params=["public", "private"])
def room(request):
    """Ben's room. Cleo blocks Ben, and Dan accepts no direct messages."""
    ben, cleo = make_user("ben"), make_user("cleo")
    Block.objects.create(blocker=cleo, blocked=ben)
    make_user("dan", allows_direct_messages=False)
    return make_room("Garden", owner=ben, kind=request.param)


def user(name: str) -> User:
    return User.objects.get(username=name)


def is_member(room, name: str) -> bool:
    return Membership.objects.filter(room=room, user__username=name).exists()


def response_to_adding(room, name: str) -> tuple[int, dict]:
    response = json_client(log_in(user("ben"))).post(f"/rooms/{room.pk}/members/", {"user": name})
    return response.status_code, response.json()


def test_blocked_person_cannot_add_the_blocker(room):
    with pytest.raises(Forbidden):
        actions.add_member(actor=user("ben"), room=room, user=user("cleo"))
    assert not is_member(room, "cleo")


def test_refusal_does_not_reveal_a_block(room):
    (block_status, block), (setting_status, setting) = (response_to_adding(room, name) for name in ("cleo", "dan"))
    assert block_status == setting_status == 403
    assert {key: value.replace("cleo", "dan") for key, value in block.items()} == setting


def test_refused_people_can_accept_an_invitation(room):
    invitation = create_invitation(by=user("ben"), room_id=room.pk)
    for name in ("cleo", "dan"):
        accept_invitation(user=user(name), invitation=invitation)
        assert is_member(room, name)


def test_others_and_admins_can_add_them(room):
    moderator = make_member(room, make_user("mo"), role="moderator")
    actions.add_member(actor=moderator, room=room, user=user("cleo"))
    actions.add_member(actor=None, room=room, user=user("dan"))
    assert is_member(room, "cleo") and is_member(room, "dan")


def test_adding_a_member_again_changes_nothing(room):
    make_member(room, user("cleo"))
    assert actions.add_member(actor=user("ben"), room=room, user=user("cleo")).user == user("cleo")
