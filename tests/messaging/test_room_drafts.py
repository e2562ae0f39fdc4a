"""Drafts that all devices of a user share."""

import json

import pytest
from django.db import transaction

from accounts.models import User, blocklists_for
from messaging.data_export import drafts as exported_drafts
from messaging.errors import TooLong
from messaging.models import RoomDraft
from messaging.posting import drafts
from messaging.posting.actions import clear_history, delete_message
from messaging.posting.drafts import DraftChange, read_drafts, store_drafts
from messaging.receivers import schedule_deletion
from messaging.runtime.welcome import make_welcomes
from rooms.actions import delete_room, remove_member
from rooms.blocking import block_person
from rooms.errors import Invalid, LimitReached, NotFound, Refusal
from tests.factories import make_member, make_room, post
from tests.live_client import LiveClient

pytestmark = pytest.mark.django_db


@pytest.fixture
def room(people):
    return people["room"]


def store(user, room, body, *, known=0, reply_to=None):
    [result] = store_drafts([DraftChange(user.pk, room.pk, body, reply_to and reply_to.pk, known)])
    if isinstance(result, Refusal):
        raise result
    return result


def drafts_of(user):
    """Return the drafts that a new connection receives."""
    [welcome] = make_welcomes([User.objects.get(pk=user.pk)])
    return welcome.event["drafts"]


def test_a_draft_is_sent_to_new_connections_of_its_user_only(people, room):
    quoted = post(room, people["owner"], "Who brings what?")
    stored = store(people["member"], room, "I bring", reply_to=quoted)
    assert (stored["room"], stored["version"], stored["body"]) == (room.pk, 1, "I bring")
    assert stored["reply_to"]["excerpt"] == "Who brings what?"
    assert drafts_of(people["member"]) == [stored]
    assert drafts_of(people["owner"]) == []


@pytest.mark.parametrize("who", ["former", "stranger", "root"])
def test_others_have_no_drafts_in_the_room(people, room, who):
    with pytest.raises(NotFound):
        store(people[who], room, "Hello")
    assert not RoomDraft.objects.exists()


def test_a_change_of_an_older_version_changes_nothing(people, room):
    user = people["member"]
    store(user, room, "On the phone")
    assert store(user, room, "On the computer")["body"] == "On the phone"
    assert store(user, room, "On both", known=1) == {"room": room.pk, "version": 2, "body": "On both", "reply_to": None}


def test_several_changes_in_a_batch_follow_each_other(people, room):
    user, other = people["member"], people["other"]
    changes = [DraftChange(user.pk, room.pk, text, None, known) for known, text in enumerate(("a", "ab", "abc"))]
    results = store_drafts([*changes, DraftChange(other.pk, room.pk, "b", None, 0)])
    assert [result["body"] for result in results] == ["a", "ab", "abc", "b"]
    assert drafts_of(user)[0]["version"] == 3


def test_an_empty_draft_is_not_sent_but_keeps_its_version(people, room):
    store(people["member"], room, "Hello")
    store(people["member"], room, "", known=1)
    assert drafts_of(people["member"]) == []
    assert store(people["member"], room, "Hello", known=0)["version"] == 2


def test_drafts_are_limited(people, room, settings, monkeypatch):
    settings.CHAT_MAX_BODY = 10
    with pytest.raises(TooLong):
        store(people["member"], room, "x" * 11)
    with pytest.raises(Invalid):
        store(people["member"], room, "\ud800")
    monkeypatch.setattr(drafts, "MAX_DRAFTS", 1)
    store(people["member"], room, "Hello")
    second = make_room("Second", owner=people["member"])
    with pytest.raises(LimitReached):
        store(people["member"], second, "Hello")
    assert store(people["member"], room, "Hello!", known=1)["version"] == 2
    store(people["member"], room, "", known=2)
    assert store(people["member"], second, "Hello")["version"] == 1


def test_quotes_disappear_with_the_permission_to_read_them(people, room):
    user = people["member"]
    first, second, third = [post(room, people[who], "A secret") for who in ("owner", "other", "moderator")]
    for known, quoted in enumerate((first, second, third)):
        assert store(user, room, "Reply", reply_to=quoted, known=known)["reply_to"] is not None
        if quoted is first:
            delete_message(actor=people["owner"], message_id=quoted.pk)
        elif quoted is second:
            block_person(user=user, other=people["other"])
        else:
            clear_history(user=user, room_id=room.pk)
        [draft] = drafts_of(user)
        assert (draft["body"], draft["reply_to"]) == ("Reply", None)


def test_a_quote_from_another_room_is_ignored(people, room):
    other = make_room("Second", owner=people["member"])
    message = post(other, people["member"], "Elsewhere")
    assert store(people["member"], room, "Reply", reply_to=message)["reply_to"] is None


def test_drafts_of_rooms_that_were_left_are_not_sent(people, room):
    store(people["member"], room, "Hello")
    remove_member(actor=people["owner"], room=room, user=people["member"])
    assert drafts_of(people["member"]) == []


def test_drafts_are_deleted_with_their_room_and_their_user(people, room):
    quoted = post(room, people["owner"])
    store(people["member"], room, "Hello", reply_to=quoted)
    store(people["other"], room, "Hello", reply_to=quoted)
    with transaction.atomic():
        schedule_deletion(sender=None, user=people["other"], with_messages=False)
    assert RoomDraft.objects.get().user == people["member"]
    delete_room(actor=people["owner"], room=room)
    assert not RoomDraft.objects.exists()


def test_the_data_export_contains_drafts(people, room):
    store(people["member"], room, "Hello")
    [(name, chunks)] = exported_drafts(people["member"])
    [draft] = json.loads(b"".join(chunks))
    assert (name, draft["room"], draft["body"]) == ("drafts.json", room.pk, "Hello")


def test_drafts_of_many_users_take_few_queries(people, room, django_assert_max_num_queries):
    users = [make_member(room) for _ in range(60)]
    with django_assert_max_num_queries(9):
        store_drafts([DraftChange(user.pk, room.pk, "Hello", None, 0) for user in users])
    with django_assert_max_num_queries(9):
        store_drafts([DraftChange(user.pk, room.pk, "Hello!", None, 1) for user in users])
    with django_assert_max_num_queries(3):
        assert len(read_drafts(blocklists_for([user.pk for user in users]))) == len(users)


def test_other_tabs_receive_the_draft(uvicorn, everyone):
    user, other = make_member(everyone), make_member(everyone)
    with LiveClient(uvicorn, user) as phone, LiveClient(uvicorn, user) as desk, LiveClient(uvicorn, other) as stranger:
        assert phone.call("draft.set", room=everyone.pk, body="From the phone")["draft"]["version"] == 1
        assert desk.wait_for("draft.changed")["draft"]["body"] == "From the phone"
        answer = desk.call("draft.set", room=everyone.pk, body="From the desk")
        assert answer["draft"]["body"] == "From the phone"
        assert desk.call("draft.set", room=everyone.pk, body="From the desk", known=1)["draft"]["version"] == 2
        assert not [event for event in stranger.settle() if event["type"] == "draft.changed"]
    with LiveClient(uvicorn, user) as client:
        assert client.welcome["drafts"][0]["body"] == "From the desk"
        assert client.call("draft.set", room=0, body="x")["code"] == "invalid"
        assert client.call("draft.set", room=10**9, body="x")["code"] == "not_found"
