"""Pages of history, and changes since a version."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import Block
from messaging.history import journal
from messaging.models import Message
from messaging.posting.actions import delete_message, edit_message
from tests.factories import make_member, make_room, make_user, post

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner():
    return make_user()


@pytest.fixture
def room(owner):
    room = make_room(owner=owner)
    for number in range(1, 121):
        post(room, owner, f"Number {number}")
    return room


def seqs(page) -> list[int]:
    return [message.seq for message in page.messages]


def test_latest_page_ends_with_the_newest_message(room):
    page = journal.latest(room.pk, viewer=None)
    assert seqs(page) == list(range(71, 121))
    assert (page.has_older, page.has_newer) == (True, False)


def test_pages_before_and_after_join_without_overlap_or_gap(room):
    older = journal.before(room.pk, 71, viewer=None)
    assert seqs(older) == list(range(21, 71))
    oldest = journal.before(room.pk, 21, viewer=None)
    assert seqs(oldest) == list(range(1, 21))
    assert oldest.has_older is False
    newer = journal.after(room.pk, 70, viewer=None)
    assert seqs(newer) == list(range(71, 121))
    assert newer.has_newer is False


@pytest.mark.parametrize(("seq", "first", "last"), [(60, 35, 84), (1, 1, 50), (120, 95, 120), (5_000, 96, 120)])
def test_page_around_a_number_contains_it(room, seq, first, last):
    page = journal.around(room.pk, seq, viewer=None)
    assert (seqs(page)[0], seqs(page)[-1]) == (first, last)


def test_the_first_message_since_a_time_is_found(room, owner):
    at = datetime(2026, 11, 20, tzinfo=UTC)
    times = [at + timedelta(hours=number // 3) for number in range(1, 121)]  # three an hour
    for seq, time in enumerate(times, 1):
        Message.objects.filter(room=room, seq=seq).update(created_at=time)
    room.refresh_from_db()
    for hours in (-1, 0, 0.5, 1, 7, 38.9, 40):
        since = at + timedelta(hours=hours)
        expected = next(seq for seq, time in enumerate(times, 1) if time >= since)
        assert journal.first_since(room, since, viewer=None) == expected
    assert journal.first_since(room, at + timedelta(hours=41), viewer=None) is None
    assert journal.first_since(room, at, viewer=None, floor=50) == 51
    assert journal.first_since(room, at, viewer=None, floor=120) is None
    assert journal.first_since(make_room(owner=owner), at, viewer=None) is None


def test_the_first_message_since_a_time_is_one_that_the_viewer_sees(room, owner):
    viewer = make_user()
    other = make_member(room)
    post(room, other, "Seen")
    Block.objects.create(blocker=viewer, blocked=owner)
    room.refresh_from_db()
    assert journal.first_since(room, datetime(2020, 1, 1, tzinfo=UTC), viewer=viewer) == 121


def test_floor_hides_cleared_messages_on_every_page(room):
    for page in (journal.latest(room.pk, floor=100, viewer=None), journal.before(room.pk, 110, floor=100, viewer=None),
                 journal.after(room.pk, 0, floor=100, viewer=None), journal.around(room.pk, 50, floor=100, viewer=None)):  # fmt: skip
        assert min(seqs(page)) == 101
        assert page.has_older is False


def test_changes_contain_each_message_once_in_its_newest_state(room, owner):
    known = 120
    edited, deleted = journal.latest(room.pk, viewer=None).messages[:2]
    edit_message(actor=owner, message_id=edited.pk, body="One")
    edit_message(actor=owner, message_id=edited.pk, body="Two")
    delete_message(actor=owner, message_id=deleted.pk)
    new = post(room, owner, "New")
    changes = journal.changes_since(room.pk, known, viewer=None)
    assert [(m.pk, m.version) for m in changes.messages] == [(edited.pk, 122), (deleted.pk, 123), (new.pk, 124)]
    assert changes.messages[0].body == "Two"
    assert (changes.version, changes.more, changes.reset) == (124, False, False)


def test_many_changes_are_paginated(room):
    first = journal.changes_since(room.pk, 0, limit=100, viewer=None)
    assert (len(first.messages), first.version, first.more) == (100, 100, True)
    rest = journal.changes_since(room.pk, first.version, limit=100, viewer=None)
    assert (len(rest.messages), rest.version, rest.more) == (20, 120, False)


def test_readers_ahead_or_far_behind_are_reset(room, monkeypatch):
    assert journal.changes_since(room.pk, 121, viewer=None).reset
    monkeypatch.setattr(journal, "RESET_AFTER", 50)
    assert journal.changes_since(room.pk, 60, viewer=None).reset
    assert not journal.changes_since(room.pk, 70, viewer=None).reset
