"""The permissions that pages display agree with those that actions check."""

import pytest

from rooms import actions
from rooms.errors import Refusal
from rooms.models import Membership
from rooms.permissions import permissions_in
from tests.factories import make_member, make_user
from tests.rooms.conftest import both_kinds

pytestmark = pytest.mark.django_db

ROLES = ["owner", "moderator", "member", "stranger"]


def allows(action) -> bool:
    try:
        action()
    except Refusal:
        return False
    return True


@both_kinds
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("is_superuser", [False, True])
def test_permissions_agree_with_the_actions(cast, role, is_superuser):
    actor = cast[role]
    actor.is_superuser = is_superuser
    actor.save()
    permissions = permissions_in(cast.room, actor)
    assert permissions.is_owner == allows(lambda: actions.update_room(actor=actor, room=cast.room, topic="New"))
    assert permissions.can_invite == allows(lambda: actions.add_member(actor=actor, room=cast.room, user=make_user()))
    for target in Membership.Role.values:
        user = make_member(cast.room, role=target)
        membership = Membership.objects.get(room=cast.room, user=user)
        allowed = allows(lambda user=user: actions.remove_member(actor=actor, room=cast.room, user=user))
        assert permissions.can_remove(membership) == allowed


def test_nobody_moderates_a_direct_room():
    one, other = make_user(), make_user(is_superuser=True)
    room = actions.open_direct_room(user=one, other=other)
    for user in (one, other):
        permissions = permissions_in(room, user)
        assert permissions.is_member
        assert not (permissions.is_owner or permissions.can_moderate or permissions.can_invite)
