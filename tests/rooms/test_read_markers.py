"""Read markers, which are stored in batches and never move backwards."""

import pytest

from messaging.posting.actions import clear_history
from rooms.errors import NotAMember, NotFound
from rooms.models import Membership, Room
from rooms.read_markers import ReadMarker, mark_read
from tests.factories import make_member, make_room, make_user, post

pytestmark = pytest.mark.django_db


@pytest.fixture
def room(db) -> Room:
    owner = make_user()
    room = make_room(owner=owner)
    for number in range(5):
        post(room, owner, f"Number {number}")
    return room


def read_by(user, room) -> int:
    return Membership.objects.get(user=user, room=room).last_read_seq


def test_markers_never_move_back_nor_past_the_last_message(room):
    user = make_member(room)
    Membership.objects.filter(user=user).update(last_read_seq=0)
    markers = [ReadMarker(user.pk, room.pk, seq) for seq in (2, 1, 4, 3, 99)]
    assert mark_read(markers[:4]) == [4, 4, 4, 4]
    assert read_by(user, room) == 4
    assert mark_read(markers[1:2]) == [4]
    assert mark_read(markers[4:]) == [5]
    assert read_by(user, room) == 5


def test_clearing_the_history_does_not_move_the_marker_back(room):
    """A message may be posted and read while the history is being cleared."""
    user = make_member(room)
    Membership.objects.filter(user=user).update(last_read_seq=6)
    assert clear_history(user=user, room_id=room.pk) == 5
    assert read_by(user, room) == 6


def test_refused_marker_does_not_affect_the_others(room):
    user, stranger = make_member(room), make_user()
    hidden = make_room(owner=make_user(), kind="private")
    markers = [
        ReadMarker(stranger.pk, room.pk, 3),
        ReadMarker(user.pk, hidden.pk, 3),
        ReadMarker(user.pk, 10**9, 3),
        ReadMarker(user.pk, room.pk, 5),
    ]
    *refused, stored = mark_read(markers)
    assert [type(refusal) for refusal in refused] == [NotAMember, NotFound, NotFound]
    assert stored == 5


def test_queries_do_not_grow_with_the_number_of_readers(room, django_assert_max_num_queries):
    users = [make_member(room) for _ in range(30)]
    Membership.objects.filter(user__in=users).update(last_read_seq=0)
    with django_assert_max_num_queries(4):
        mark_read([ReadMarker(user.pk, room.pk, 5) for user in users])
    assert {read_by(user, room) for user in users} == {5}
