"""Posting: numbers have no gaps, each post is stored once, and an invalid draft doesn't affect the others."""

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from messaging.errors import Conflict, TooLong, Unavailable
from messaging.models import Message
from messaging.posting.actions import delete_message, edit_message, post_messages
from messaging.posting.inserts import COLUMNS
from rooms.actions import archive_room
from rooms.errors import Archived, Invalid, NotAMember, NotFound
from rooms.models import Membership, Room
from tests.factories import make_draft, make_member, make_room, make_user, post, post_drafts

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner():
    return make_user("owner")


@pytest.fixture
def room(owner):
    return make_room("Workshop", owner=owner)


def numbers(room: Room) -> list[int]:
    return list(Message.objects.filter(room=room).order_by("seq").values_list("seq", flat=True))


def refusal(draft) -> Exception:
    return post_drafts([draft])[0]


class TestRefusals:
    def test_private_and_absent_rooms_are_refused_alike(self, owner):
        private, stranger = make_room(kind="private", owner=owner), make_user()
        hidden, absent = refusal(make_draft(private, stranger)), refusal(make_draft(Room(pk=10**9), stranger))
        assert isinstance(hidden, NotFound)
        assert (hidden.code, hidden.detail) == (absent.code, absent.detail)

    def test_strangers_must_join_a_public_room(self, room):
        assert isinstance(refusal(make_draft(room, make_user())), NotAMember)

    def test_suspended_member_is_refused(self, room):
        suspended = make_member(room, make_user(is_active=False))
        assert isinstance(refusal(make_draft(room, suspended)), NotFound)

    def test_archived_room_is_refused(self, room, owner):
        archive_room(actor=owner, room=room)
        assert isinstance(refusal(make_draft(room, owner)), Archived)

    @pytest.mark.parametrize("body", ["", "  \n\t ", "nul \0 inside", "half a \ud800 pair"])
    def test_invalid_bodies_are_refused(self, room, owner, body):
        answer = refusal(make_draft(room, owner, body))
        assert isinstance(answer, Invalid)
        assert "body" in answer.detail

    def test_body_over_the_limit_is_refused_and_one_at_it_is_not(self, room, owner):
        assert isinstance(refusal(make_draft(room, owner, "x" * 8001)), TooLong)
        assert post(room, owner, "x" * 8000).seq == 1

    def test_reply_targets_must_exist_in_the_same_room(self, room, owner):
        elsewhere = post(make_room(owner=owner), owner)
        gone = delete_message(actor=owner, message_id=post(room, owner).pk)
        for target in (elsewhere.pk, gone.pk, 10**9):
            assert isinstance(refusal(make_draft(room, owner, reply_to_id=target)), NotFound)

    def test_one_bad_draft_fails_alone_and_leaves_no_gap(self, room, owner):
        drafts = [
            make_draft(room, owner),
            make_draft(room, make_user()),
            make_draft(room, owner, ""),
            make_draft(room, owner),
        ]
        results = post_drafts(drafts)
        assert [type(result).__name__ for result in results] == ["Message", "NotAMember", "Invalid", "Message"]
        assert numbers(room) == [1, 2]


class TestNumbers:
    def test_messages_and_changes_are_numbered_without_gaps(self, room, owner):
        first, second = post(room, owner), post(room, owner)
        edited = edit_message(actor=owner, message_id=first.pk, body="Hello again")
        deleted = delete_message(actor=owner, message_id=second.pk)
        room.refresh_from_db()
        assert [first.version, second.version, edited.version, deleted.version] == [1, 2, 3, 4]
        assert (room.last_seq, room.version) == (2, 4)

    def test_batch_over_several_rooms_numbers_each_room(self, owner):
        rooms = [make_room(owner=owner) for _ in range(3)]
        post_drafts([make_draft(rooms[i % 3], owner) for i in range(9)])
        assert [numbers(room) for room in rooms] == [[1, 2, 3]] * 3

    @pytest.mark.django_db(transaction=True)
    def test_posts_from_many_threads_leave_no_gap(self):
        owner = make_user()
        room = make_room(owner=owner)

        def several(_: int) -> None:
            try:
                for _ in range(5):
                    post(room, owner)
            finally:
                connection.close()

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(several, range(4)))
        assert numbers(room) == list(range(1, 21))


def test_posting_marks_the_room_as_read_for_the_sender_alone(room, owner):
    other = make_member(room)
    post(room, other)
    post(room, owner)
    read = dict(Membership.objects.filter(room=room).values_list("user__username", "last_read_seq"))
    assert read == {owner.username: 2, other.username: 1}


class TestOnce:
    def test_repeated_post_gets_the_first_result(self, room, owner):
        draft = make_draft(room, owner)
        first, again = post_drafts([draft])[0], post_drafts([draft])[0]
        assert (first.pk, first.seq) == (again.pk, again.seq)
        assert numbers(room) == [1]

    def test_the_same_post_twice_in_one_batch_is_stored_once(self, room, owner):
        draft = make_draft(room, owner)
        first, again = post_drafts([draft, draft])
        assert first is again
        assert numbers(room) == [1]

    def test_client_id_of_another_post_is_a_conflict(self, room, owner):
        draft = make_draft(room, owner, "one")
        post_drafts([draft])
        assert isinstance(refusal(make_draft(room, owner, "two", client_id=draft.client_id)), Conflict)
        assert isinstance(
            refusal(make_draft(make_room(owner=owner), owner, "one", client_id=draft.client_id)), Conflict
        )

    def test_retry_after_an_edit_or_a_deletion_finds_its_message(self, room, owner):
        draft = make_draft(room, owner, "one")
        message = post_drafts([draft])[0]
        edit_message(actor=owner, message_id=message.pk, body="other")
        assert post_drafts([draft])[0].body == "other"
        delete_message(actor=owner, message_id=message.pk)
        again = post_drafts([draft])[0]
        assert again.pk == message.pk
        assert again.deleted_at is not None

    def test_retry_after_a_change_of_the_secret_key_finds_its_message(self, room, owner, settings):
        draft = make_draft(room, owner, "one")
        message = post_drafts([draft])[0]
        edit_message(actor=owner, message_id=message.pk, body="other")
        settings.SECRET_KEY = "another secret key"
        assert post_drafts([draft])[0].pk == message.pk
        assert isinstance(refusal(make_draft(room, owner, "two", client_id=draft.client_id)), Conflict)

    def test_two_people_may_use_one_client_id(self, room, owner):
        client_id = uuid.uuid4()
        other = make_member(room)
        results = post_drafts([make_draft(room, who, client_id=client_id) for who in (owner, other)])
        assert [message.seq for message in results] == [1, 2]

    @pytest.mark.django_db(transaction=True)
    def test_the_same_post_ten_times_at_once_is_stored_once(self):
        owner = make_user()
        room = make_room(owner=owner)
        draft = make_draft(room, owner)

        def once(_: int) -> int:
            try:
                return post_drafts([draft])[0].pk
            finally:
                connection.close()

        with ThreadPoolExecutor(10) as pool:
            assert len(set(pool.map(once, range(10)))) == 1
        assert numbers(room) == [1]


def test_number_of_queries_does_not_depend_on_the_batch_size(room, owner, django_assert_num_queries):
    post(room, owner)
    # savepoint, rooms, members, earlier posts, insert, index, new words, read marks, room, release
    with django_assert_num_queries(10):
        post_messages([make_draft(room, owner)])
    with django_assert_num_queries(10):
        post_messages([make_draft(room, owner) for _ in range(50)])


def test_stored_posts_and_events_are_handed_over_after_the_commit(
    room, owner, monkeypatch, django_capture_on_commit_callbacks
):
    handed_over = []
    monkeypatch.setattr("live.publish._hand_over", lambda envelope: pytest.fail("published twice"))
    with django_capture_on_commit_callbacks() as callbacks:
        post_messages([make_draft(room, owner, "Hello")], lambda *everything: handed_over.append(everything))
    assert not handed_over
    for call in callbacks:
        call()
    [([draft], [stored], [event])] = handed_over
    assert draft.body == stored.message.body == "Hello"
    assert f'"id":{stored.message.pk},' in event.text


def test_new_message_has_the_values_of_every_column_that_is_not_null(room, owner):
    """A column that is added to the model must be added to `COLUMNS` too."""
    post(room, owner)
    nullable = {field.column for field in Message._meta.concrete_fields if field.null}
    columns = {field.column for field in Message._meta.concrete_fields}
    assert columns - nullable - {"id"} == set(COLUMNS) - nullable
    assert set(COLUMNS) <= columns


@pytest.mark.parametrize("position", range(3))
def test_a_draft_that_always_fails_does_not_affect_the_rest_of_its_batch(room, owner, position):
    """The database rejects one of the messages."""
    event = "BEFORE INSERT ON messaging_message WHEN NEW.body = 'poison'"
    bodies = ["one", "two"]
    bodies.insert(position, "poison")
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TRIGGER poison {event} BEGIN SELECT RAISE(ABORT, 'refused'); END")
    try:
        results = post_messages([make_draft(room, owner, body) for body in bodies])
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER poison")
    assert isinstance(results.pop(position), Unavailable)
    assert [each.message.body for each in results] == ["one", "two"]
    assert list(Message.objects.values_list("body", "seq")) == [("one", 1), ("two", 2)]


def test_empty_batch_posts_nothing(db):
    assert post_drafts([]) == []
