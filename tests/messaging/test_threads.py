"""Threads: which thread a reply belongs to, how many replies there are, and the page of a thread.

The matrix in tests/test_matrix.py has who sees it.
"""

import json
import re

import pytest

from accounts.lifecycle.deletion import delete_account
from accounts.models import Mute
from messaging.history import followed_threads, threads
from messaging.history.followed_threads import find_followed, read_followed
from messaging.history.threads import MOST_COUNTED
from messaging.models import Message, ThreadFollow
from messaging.posting.actions import clear_history, delete_message, edit_message, post_messages
from messaging.threads import roots
from messaging.threads.actions import follow_thread, mark_thread_read, unfollow_thread
from rooms.actions import delete_room, leave_room
from rooms.blocking import block_person
from rooms.errors import NotFound
from rooms.models import Membership
from rooms.serializers import serialize_rooms_for
from tests.factories import log_in, make_draft, make_member, make_room, make_user, post


@pytest.fixture
def ana(db):
    return make_user("ana")


@pytest.fixture
def ben(room):
    return make_member(room, make_user("ben"))


@pytest.fixture
def room(ana):
    return make_room("Design", owner=ana)


@pytest.fixture
def root(room, ana):
    return post(room, ana, "Which green?")


def reply(target, sender, body="The dark one"):
    return post(target.room, sender, body, reply_to_id=target.pk)


def read_room(room, *users):
    room.refresh_from_db()
    Membership.objects.filter(room=room, user__in=users).update(last_read_seq=room.last_seq)


def summaries(user, room) -> dict[int, int]:
    found = log_in(user).get(f"/rooms/{room.pk}/messages/").json()["threads"]
    return {each["message"]: each["replies"] for each in found}


def thread(user, root, query=""):
    return log_in(user).get(f"/rooms/{root.room_id}/threads/{root.pk}/messages/{query}")


def bodies(user, root, query="") -> list[str]:
    return [message.get("body", "deleted") for message in thread(user, root, query).json()["messages"]]


class TestThreadOfAReply:
    def test_replies_to_replies_belong_to_the_thread_of_the_first_message(self, root, ben, ana):
        first = reply(root, ben)
        second = reply(first, ana)
        third = reply(second, ben)
        assert [root.thread_id, first.thread_id, second.thread_id, third.thread_id] == [None, *[root.pk] * 3]

    def test_it_is_sent_with_the_message(self, root, ben):
        [result] = post_messages([make_draft(root.room, ben, reply_to_id=root.pk)])
        assert json.loads(result.own_json)["thread"] == root.pk
        assert bodies(ben, root) == ["Which green?", "Hello"]

    def test_deleted_replies_keep_it(self, root, ben, ana):
        first = reply(root, ben)
        second = reply(first, ana)
        delete_message(actor=ben, message_id=first.pk)
        assert reply(second, ben).thread_id == root.pk
        assert Message.objects.get(pk=first.pk).thread_id == root.pk

    def test_replies_take_three_statements_more_however_many(self, room, root, ben, django_assert_num_queries):
        drafts = [make_draft(room, ben, reply_to_id=root.pk) for _ in range(20)]
        with django_assert_num_queries(13):  # three more than other messages
            post_messages(drafts)

    def test_rooms_with_threads_are_deleted(self, room, root, ben):
        reply(reply(root, ben), ben)
        delete_room(actor=room.memberships.get(role="owner").user, room=room)
        assert not Message.objects.exists()


class TestUpgrade:
    @pytest.fixture
    def earlier(self, room, root, ben, ana):
        """A chain of replies from before the upgrade, longer than a piece."""
        chain = [root]
        for number in range(5):
            chain.append(reply(chain[-1], (ana, ben)[number % 2]))
        Message.objects.update(thread=None)
        return chain

    def test_threads_of_earlier_replies_are_found_in_pieces(self, root, earlier, monkeypatch):
        monkeypatch.setattr(roots, "PIECE", 2)
        assert roots.has_work()
        pieces = 0
        while roots.find_piece():
            pieces += 1
        assert pieces == 3
        assert not roots.has_work()
        assert set(Message.objects.exclude(pk=root.pk).values_list("thread", flat=True)) == {root.pk}

    def test_replies_posted_meanwhile_are_found_too(self, root, earlier, ben):
        late = reply(earlier[-1], ben)
        assert late.thread_id is None
        while roots.find_piece():
            pass
        late.refresh_from_db()
        assert late.thread_id == root.pk

    def test_a_reply_to_a_deleted_reply_begins_a_thread_there(self, room, root, earlier, ana, ben):
        gone = next(message for message in earlier[1:] if message.sender == ben)
        delete_message(actor=ben, message_id=gone.pk)
        while roots.find_piece():
            pass
        assert Message.objects.get(reply_to=gone).thread_id == gone.pk


class TestNumberOfReplies:
    def test_each_page_of_messages_has_it(self, room, root, ana, ben):
        reply(reply(root, ben), ana)
        other = post(room, ben, "Something else")
        assert summaries(ana, room) == {root.pk: 2}
        [found] = log_in(ana).get(f"/rooms/{room.pk}/conversation/").json()["threads"]
        assert found["last_seq"] == 3 and found["last_at"].endswith("Z")
        assert other.pk not in summaries(ana, room)

    def test_deleted_and_blocked_replies_do_not_count(self, room, root, ana, ben):
        other = make_member(room)
        gone = reply(root, other)
        reply(root, ben)
        delete_message(actor=other, message_id=gone.pk)
        assert summaries(other, room) == {root.pk: 1}
        block_person(user=other, other=ben)
        assert summaries(other, room) == {}

    def test_cleared_replies_do_not_count(self, room, root, ana, ben):
        reply(root, ben)
        clear_history(user=ben, room_id=room.pk)
        reply(root, ana)
        marks = log_in(ben).get(f"/rooms/{room.pk}/threads/?messages={root.pk}").json()["threads"]
        assert marks == []
        assert summaries(ana, room) == {root.pk: 2}

    def test_large_numbers_are_not_counted_to_the_end(self, room, root, ana, ben):
        post_messages([make_draft(room, ben, reply_to_id=root.pk) for _ in range(MOST_COUNTED + 5)])
        marks = log_in(ana).get(f"/rooms/{room.pk}/threads/?messages={root.pk}").json()["threads"]
        assert [(each["replies"], each["last_seq"]) for each in marks] == [(MOST_COUNTED, MOST_COUNTED + 6)]

    def test_marks_are_only_for_messages_of_the_room(self, room, root, ana, ben):
        reply(root, ben)
        elsewhere = make_room(owner=ben)
        assert log_in(ben).get(f"/rooms/{elsewhere.pk}/threads/?messages={root.pk}").json() == {"threads": []}

    @pytest.mark.parametrize("messages", ["", "x", "1,,2"])
    def test_marks_need_ids(self, room, ana, messages):
        answer = log_in(ana, accept="application/json").get(f"/rooms/{room.pk}/threads/?messages={messages}")
        assert (answer.status_code, answer.json()["field"]) == (400, "messages")


class TestMessages:
    def test_the_newest_come_with_the_first_message_and_older_ones_on_request(self, room, root, ana, ben, monkeypatch):
        for number in range(5):
            reply(root, ben, f"Reply {number}")
        post(room, ben, "Something else")
        monkeypatch.setattr(threads, "PAGE", 2)
        assert bodies(ana, root) == ["Which green?", "Reply 3", "Reply 4"]
        assert thread(ana, root).json()["has_older"]
        assert bodies(ana, root, "?before=5") == ["Which green?", "Reply 1", "Reply 2"]

    def test_a_deleted_first_message_stays_in_its_place(self, root, ana, ben):
        reply(root, ben)
        delete_message(actor=ana, message_id=root.pk)
        assert bodies(ben, root) == ["deleted", "The dark one"]

    def test_replies_to_a_blocked_person_are_shown_without_their_message(self, room, root, ana, ben):
        other = make_member(room)
        reply(root, ben)
        block_person(user=other, other=ana)
        assert bodies(other, root) == ["The dark one"]

    def test_it_is_not_found_in_another_room(self, root, ana, ben):
        reply(root, ben)
        elsewhere = make_room(owner=ben)
        for query in ("", "?before=99"):
            answer = log_in(ben).get(f"/rooms/{elsewhere.pk}/threads/{root.pk}/messages/{query}")
            assert answer.status_code == 404 or (answer.json()["messages"], answer.json()["threads"]) == ([], [])

    def test_before_must_be_a_number(self, root, ana):
        answer = log_in(ana, accept="application/json").get(
            f"/rooms/{root.room_id}/threads/{root.pk}/messages/?before=x"
        )
        assert (answer.status_code, answer.json()["field"]) == (400, "before")

    def test_number_of_queries_does_not_depend_on_the_number_of_replies(
        self, room, root, ana, ben, django_assert_max_num_queries
    ):
        post_messages([make_draft(room, ben, reply_to_id=root.pk) for _ in range(120)])
        client, path = log_in(ana), f"/rooms/{room.pk}/threads/{root.pk}/messages/"
        client.get(path)
        with django_assert_max_num_queries(11):
            assert len(client.get(path).json()["messages"]) == 101


class TestPage:
    def test_it_shows_the_messages_without_a_script(self, root, ana, ben):
        first = reply(root, ben, "Take **this** one")
        edit_message(actor=ben, message_id=first.pk, body="Take *that* one")
        page = log_in(ana).get(f"/rooms/{root.room_id}/threads/{root.pk}/").content.decode()
        assert re.findall(r'class="msg__body" dir="auto">(.*?)</div>', page) == [
            "<p>Which green?</p>",
            "<p>Take <em>that</em> one</p>",
        ]

    def test_the_address_of_a_reply_leads_to_its_thread(self, root, ana, ben):
        answer = log_in(ana).get(f"/rooms/{root.room_id}/threads/{reply(root, ben).pk}/")
        assert answer["Location"] == f"/rooms/{root.room_id}/threads/{root.pk}/"

    def test_in_the_panel_the_script_draws_them(self, root, ana):
        page = log_in(ana).get(f"/rooms/{root.room_id}/threads/{root.pk}/", headers={"X-Fragment": "1"})
        assert "Which green?" not in page.content.decode()


def followed(user) -> dict:
    return log_in(user).get("/threads/unread/").json()


def unread(user) -> dict[int, int]:
    return {each["thread"]: each["unread"] for each in followed(user)["unread"]}


def listed(user, query="") -> list[str]:
    page = log_in(user).get(f"/threads/{query}").content.decode()
    return re.findall(r'href="/rooms/\d+/threads/(\d+)/"', page)


class TestFollowing:
    @pytest.fixture
    def other(self, room):
        return make_member(room, make_user("other"))

    def test_the_author_and_those_who_reply_or_are_mentioned_follow(self, room, root, ana, ben, other):
        late, outsider = make_member(room), make_user("outsider")
        reply(reply(root, ben), other, f"Look, @{late.username} and @outsider")
        for each in (ana, ben, other, late):
            assert followed(each)["followed"] == [root.pk]
        for each in (make_member(room), outsider):
            assert followed(each)["followed"] == []

    def test_those_who_unfollowed_do_not_follow_again_by_themselves(self, root, ana, ben):
        reply(root, ben)
        unfollow_thread(user=ben, room_id=root.room_id, thread_id=root.pk)
        reply(root, ben, "Again")
        assert followed(ben)["followed"] == []
        follow_thread(user=ben, room_id=root.room_id, thread_id=root.pk)
        assert followed(ben)["followed"] == [root.pk]

    def test_anyone_in_the_room_can_follow_over_http(self, root, ben, other):
        reply(root, ben)
        client, path = log_in(other, accept="application/json"), f"/rooms/{root.room_id}/threads/{root.pk}/follow/"
        assert client.post(path).json()["is_followed"]
        assert followed(other)["followed"] == [root.pk]
        assert client.delete(path).status_code == 200
        assert followed(other)["followed"] == []
        assert log_in(make_user(), accept="application/json").post(path).status_code == 404

    def test_only_threads_can_be_followed(self, room, root, ben):
        elsewhere = make_room(owner=ben)
        for room_id, thread_id in [(room.pk, reply(root, ben).pk), (elsewhere.pk, root.pk), (room.pk, 10**9)]:
            with pytest.raises(NotFound):
                follow_thread(user=ben, room_id=room_id, thread_id=thread_id)

    def test_only_the_newest_follows_count(self, room, root, ben, ana, monkeypatch):
        monkeypatch.setattr(followed_threads, "MOST_FOLLOWED", 2)
        roots = [root, *(post(room, ana) for _ in range(2))]
        for each in roots:
            reply(each, ben)
        assert followed(ben)["followed"] == [each.pk for each in roots[1:]]
        unfollow_thread(user=ben, room_id=root.room_id, thread_id=root.pk)
        follow_thread(user=ben, room_id=root.room_id, thread_id=root.pk)
        assert followed(ben)["followed"] == [roots[0].pk, roots[2].pk]
        assert len(read_followed(ben).threads) == 2

    def test_a_batch_takes_one_statement_more(self, room, root, ben, django_assert_num_queries):
        roots = [post(room, ben) for _ in range(20)]
        with django_assert_num_queries(13):
            post_messages([make_draft(room, ben, reply_to_id=each.pk) for each in roots])

    def test_deleting_the_account_deletes_what_it_follows(self, root, ben):
        reply(root, ben)
        delete_account(user=ben, with_messages=False)
        assert not ThreadFollow.objects.filter(user=ben).exists()


class TestUnread:
    @pytest.fixture
    def other(self, room):
        return make_member(room, make_user("other"))

    @pytest.fixture
    def thread(self, root, ana, ben, other):
        """A thread that all three follow and have read."""
        for each in (ben, other, ana):
            reply(root, each)
        read_room(root.room, ana, ben, other)
        return root

    def test_replies_by_others_count(self, thread, ana, ben, other):
        reply(thread, ben)
        reply(thread, ben)
        assert (unread(ana), unread(ben), unread(other)) == ({thread.pk: 2}, {}, {thread.pk: 2})

    def test_replies_write_nothing_for_those_who_follow(self, thread, ben):
        before = list(ThreadFollow.objects.values())
        reply(thread, ben)
        assert list(ThreadFollow.objects.values()) == before

    def test_reading_the_room_reads_its_threads(self, thread, ana, ben):
        reply(thread, ben)
        read_room(thread.room, ana)
        assert unread(ana) == {}

    def test_reading_a_thread_does_not_read_the_room(self, thread, ana, ben):
        last = reply(thread, ben)
        mark_thread_read(user=ana, thread_id=thread.pk, seq=last.seq)
        assert unread(ana) == {}
        [room] = [each for each in serialize_rooms_for(ana) if each["id"] == thread.room_id]
        assert room["unread"] == 1
        reply(thread, ben)
        assert unread(ana) == {thread.pk: 1}
        mark_thread_read(user=ana, thread_id=thread.pk, seq=10**6)  # more than there are
        reply(thread, ben)
        assert unread(ana) == {thread.pk: 1}

    def test_deleted_blocked_and_muted_replies_do_not_count(self, thread, ana, ben, other):
        gone = reply(thread, other)
        delete_message(actor=other, message_id=gone.pk)
        assert unread(ana) == {}
        reply(thread, ben)
        Mute.objects.create(user=ana, muted=ben)
        assert unread(ana) == {}
        reply(thread, other)
        block_person(user=ana, other=other)
        assert unread(ana) == {}

    def test_threads_that_begin_with_a_blocked_person_are_hidden(self, thread, ana, ben, other):
        reply(thread, ben)
        block_person(user=other, other=ana)
        assert followed(other) == {"followed": [], "unread": []}
        assert listed(other) == []

    def test_nothing_is_left_of_cleared_threads_and_rooms_that_were_left(self, thread, ana, ben, other):
        reply(thread, ben)
        clear_history(user=ana, room_id=thread.room_id)
        leave_room(user=other, room=thread.room)
        reply(thread, ben)
        for each in (ana, other):
            assert (followed(each), listed(each)) == ({"followed": [], "unread": []}, [])

    def test_a_hundred_people_take_one_query(self, room, thread, ben, django_assert_num_queries):
        crowd = [make_member(room) for _ in range(100)]
        for each in crowd:
            follow_thread(user=each, room_id=room.pk, thread_id=thread.pk)
        reply(thread, ben)
        with django_assert_num_queries(1):
            found = find_followed([each.pk for each in crowd])
        assert {len(each["unread"]) for each in found.values()} == {1}


class TestThreadsPage:
    def test_it_lists_followed_threads_by_their_newest_reply(self, room, root, ana, ben, monkeypatch):
        others = [post(room, ana, f"Question {number}") for number in range(2)]
        for each in (others[1], root, others[0]):
            reply(each, ben)
        assert listed(ana) == [str(each.pk) for each in (others[0], root, others[1])]
        assert "1 new" in log_in(ana).get("/threads/").content.decode()
        monkeypatch.setattr(followed_threads, "PAGE", 2)
        page = log_in(ana).get("/threads/").content.decode()
        more = re.search(r"/threads/(\?before=\d+)", page)[1]
        assert listed(ana, more) == [str(others[1].pk)]

    def test_a_deleted_first_message_is_a_tombstone(self, root, ana, ben):
        reply(root, ben)
        delete_message(actor=ana, message_id=root.pk)
        page = log_in(ben).get("/threads/").content.decode()
        assert "Message deleted" in page and "Which green" not in page

    def test_it_is_empty_at_first(self, ana):
        assert "No threads yet" in log_in(ana).get("/threads/").content.decode()

    def test_number_of_queries_does_not_depend_on_the_number_of_threads(
        self, room, ana, ben, django_assert_max_num_queries
    ):
        for number in range(30):
            reply(post(room, ana, f"Question {number}"), ben)
        client = log_in(ana)
        client.get("/threads/")
        with django_assert_max_num_queries(8):
            assert client.get("/threads/").status_code == 200
