"""Read markers, which are stored in batches, and only moved back on request."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from messaging.posting.actions import clear_history
from rooms.errors import NotAMember, NotFound
from rooms.models import Membership, Room
from rooms.read_markers import ReadMarker, UnreadMarker, move_markers
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
    assert move_markers(markers[:4]) == [4, 4, 4, 4]
    assert read_by(user, room) == 4
    assert move_markers(markers[1:2]) == [4]
    assert move_markers(markers[4:]) == [5]
    assert read_by(user, room) == 5


def test_messages_are_marked_as_unread_in_the_order_of_the_requests(room):
    user = make_member(room)
    read = lambda seq: ReadMarker(user.pk, room.pk, seq, follows_own=True)  # noqa: E731
    unread = lambda seq: UnreadMarker(user.pk, room.pk, seq)  # noqa: E731
    assert move_markers([read(5), unread(3)]) == [2, 2]
    assert read_by(user, room) == 2
    assert move_markers([unread(4)]) == [2]  # 4 is unread already
    assert move_markers([unread(1), read(4)]) == [4, 4]
    assert read_by(user, room) == 4


def test_an_older_marker_does_not_undo_marking_as_unread(room):
    """For example, one that was sent again after reconnecting."""
    user = make_member(room)
    assert move_markers([ReadMarker(user.pk, room.pk, 5, known=0), UnreadMarker(user.pk, room.pk, 2)]) == [1, 1]
    assert move_markers([ReadMarker(user.pk, room.pk, 5, known=5)]) == [1]
    assert move_markers([ReadMarker(user.pk, room.pk, 5, known=4)]) == [1]
    assert read_by(user, room) == 1
    assert move_markers([ReadMarker(user.pk, room.pk, 3, known=1)]) == [3]


class TestAnotherDeviceMarksAsUnread:
    """One device has read everything, and the other marks message 3 as unread."""

    @pytest.fixture
    def user(self, room):
        user = make_member(room)
        move_markers([ReadMarker(user.pk, room.pk, 5)])
        return user

    def mark(self, user, room, *, ago=timedelta()) -> datetime:
        assert move_markers([UnreadMarker(user.pk, room.pk, 3)]) == [2]
        marked_at = timezone.now() - ago
        if ago:
            Membership.objects.filter(user=user).update(marked_unread_at=marked_at)
        return Membership.objects.get(user=user, room=room).marked_unread_at

    @pytest.mark.parametrize("known", [{}, {"known": 0}, {"known": 5}, {"marked_unread_at": None}])
    def test_a_request_that_was_under_way_changes_nothing_in_either_order(self, user, room, known):
        stale = ReadMarker(user.pk, room.pk, 5, **known)
        assert move_markers([stale]) == [5]
        self.mark(user, room)
        assert move_markers([stale]) == [2]
        assert move_markers([UnreadMarker(user.pk, room.pk, 2), stale]) == [1, 1]

    def test_one_that_knows_of_the_mark_is_stored(self, user, room):
        marked_at = self.mark(user, room)
        assert move_markers([ReadMarker(user.pk, room.pk, 3, marked_unread_at=marked_at)]) == [3]
        assert move_markers([ReadMarker(user.pk, room.pk, 4, known=3)]) == [4]

    def test_one_from_before_the_mark_changes_nothing_even_days_later(self, user, room):
        marked_at = self.mark(user, room, ago=timedelta(days=2))
        for older in (None, marked_at - timedelta(milliseconds=1)):
            assert move_markers([ReadMarker(user.pk, room.pk, 5, known=0, marked_unread_at=older)]) == [2]

    def test_a_client_that_says_nothing_is_believed_after_three_seconds(self, user, room):
        self.mark(user, room, ago=timedelta(seconds=4))
        assert move_markers([ReadMarker(user.pk, room.pk, 4)]) == [4]

    def test_marking_what_is_unread_already_is_no_new_mark(self, user, room):
        marked_at = self.mark(user, room)
        move_markers([UnreadMarker(user.pk, room.pk, 4)])
        assert Membership.objects.get(user=user, room=room).marked_unread_at == marked_at


def test_cleared_history_stays_read(room):
    user = make_member(room)
    clear_history(user=user, room_id=room.pk)
    post(room, room.created_by, "After that")
    assert move_markers([ReadMarker(user.pk, room.pk, 6), UnreadMarker(user.pk, room.pk, 2)]) == [5, 5]


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
        UnreadMarker(user.pk, hidden.pk, 3),
        ReadMarker(user.pk, room.pk, 5),
    ]
    *refused, stored = move_markers(markers)
    assert [type(refusal) for refusal in refused] == [NotAMember, NotFound, NotFound, NotFound]
    assert stored == 5


def test_queries_do_not_grow_with_the_number_of_readers(room, django_assert_max_num_queries):
    users = [make_member(room) for _ in range(30)]
    Membership.objects.filter(user__in=users).update(last_read_seq=0)
    with django_assert_max_num_queries(5):
        move_markers([ReadMarker(user.pk, room.pk, 5) for user in users])
    assert {read_by(user, room) for user in users} == {5}
    with django_assert_max_num_queries(5):
        move_markers([UnreadMarker(user.pk, room.pk, 3) for user in users])
    assert {read_by(user, room) for user in users} == {2}
